using System.Runtime.InteropServices;

namespace Kyozo.Engine.Folders;

/// <summary>
/// An upload on its way: files arrive in a folder of their own under <c>staging</c>, and become visible by one rename when all have come.
/// Disposed before that, nothing is left; killed before that, <see cref="StagingSweep"/> finds the lock free and removes it (F-25).
/// </summary>
public sealed partial class StagedFolder : IDisposable
{
    const UnixFileMode PlainFile = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    const UnixFileMode Executable = PlainFile | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    readonly string _folder;
    readonly FileStream _lock;
    readonly ArchiveEntryNames _names = new();
    int _entries;

    StagedFolder(string folder, FileStream held, ArchiveLimits limits)
    {
        _folder = folder;
        _lock = held;
        Limits = limits;
        Directory.CreateDirectory(Files);
    }

    /// <summary>What it may hold.</summary>
    public ArchiveLimits Limits { get; }

    /// <summary>Files taken so far.</summary>
    public int FileCount { get; private set; }

    /// <summary>Their size together.</summary>
    public long Bytes { get; private set; }

    /// <summary>Where the archive itself may be kept while it is read.</summary>
    public string ArchiveFile => Path.Combine(_folder, "archive");

    string Files => Path.Combine(_folder, "files");

    /// <summary>A new, empty one.</summary>
    /// <param name="staging">The folder for all of them (<c>KyozoHome.Staging</c>).</param>
    /// <param name="id">A fresh id.</param>
    /// <param name="limits">What it may hold.</param>
    /// <exception cref="FolderRefusedException">The disk is nearly full.</exception>
    public static StagedFolder Create(string staging, Guid id, ArchiveLimits limits)
    {
        var folder = Path.Combine(staging, id.ToString());
        var staged = new StagedFolder(folder, Hold(folder), limits);
        try
        {
            staged.RequireSpace();
            return staged;
        }
        catch (FolderRefusedException)
        {
            staged.Dispose();
            throw;
        }
    }

    /// <summary>Ends the name of the file beside a staged folder that is locked from before the folder is made until after it is gone.</summary>
    internal const string LockSuffix = ".lock";

    /// <summary>Takes a folder.</summary>
    /// <exception cref="FolderRefusedException">Its name is bad, or there are too many.</exception>
    public void AddFolder(string name)
    {
        CountEntry();
        Directory.CreateDirectory(Path.Combine(Files, _names.AddFolder(name)));
    }

    /// <summary>Takes a file of a folder that is sent as it is.</summary>
    /// <exception cref="FolderRefusedException">Its name is bad, or the upload grows too large.</exception>
    public Task AddFileAsync(string name, Stream content, CancellationToken cancellationToken) =>
        AddFileAsync(name, content, executable: false, packedBytes: null, cancellationToken);

    /// <summary>Takes a file; of its mode only whether it may be executed.</summary>
    /// <param name="name">Its path in the upload.</param>
    /// <param name="content">Read to its end, counted as it comes.</param>
    /// <param name="executable">Give it the right to be executed.</param>
    /// <param name="packedBytes">Size of the archive that it comes from, to judge the ratio; null when nothing is packed.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>The file's size and checksum.</returns>
    /// <exception cref="FolderRefusedException">Its name is bad, or the upload grows too large.</exception>
    internal async Task<(long Size, uint Crc32)> AddFileAsync(string name, Stream content, bool executable, long? packedBytes, CancellationToken cancellationToken)
    {
        CountEntry();
        var path = Path.Combine(Files, _names.AddFile(name));
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = executable ? Executable : PlainFile;
        await using var file = new FileStream(path, options);
        var buffer = new byte[81920];
        var size = 0L;
        var checksum = new Crc32();
        for (int read; (read = await content.ReadAsync(buffer, cancellationToken)) > 0; size += read)
        {
            CountBytes(read, packedBytes);
            checksum.Add(buffer.AsSpan(0, read));
            await file.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
        }

        FileCount++;
        return (size, checksum.Value);
    }

    /// <summary>
    /// Puts the upload in the place of a folder by one rename. A single folder named like <paramref name="wrapper"/> that holds everything
    /// (<c>shop/</c> in <c>shop.zip</c>) is unwrapped; null unwraps nothing.
    /// </summary>
    public void MoveTo(string target, string? wrapper)
    {
        if (FileCount == 0) throw new FolderRefusedException("The upload holds no file.");
        var source = Files;
        if (wrapper is not null && Directory.GetFileSystemEntries(Files) is [var only] && Path.GetFileName(only) == wrapper && Directory.Exists(only)) source = only;

        Directory.CreateDirectory(target);
        if (!OperatingSystem.IsLinux() || !Exchange(source, target)) Replace(source, target);
    }

    /// <summary>Removes what is left of it.</summary>
    public void Dispose()
    {
        if (Directory.Exists(_folder)) Directory.Delete(_folder, recursive: true);
        File.Delete(_folder + LockSuffix);
        _lock.Dispose();
    }

    // Locked under another name first, so that the sweep never meets a lock file that nobody holds yet.
    static FileStream Hold(string folder)
    {
        var held = new FileStream(folder + ".new", FileMode.CreateNew, FileAccess.Write, FileShare.None);
        File.Move(held.Name, folder + LockSuffix);
        return held;
    }

    void CountEntry()
    {
        if (++_entries > Limits.Entries) throw new FolderRefusedException($"The upload holds more than {Limits.Entries:N0} files and folders.");
    }

    void CountBytes(int read, long? packedBytes)
    {
        Bytes += read;
        if (Bytes > Limits.UnpackedBytes) throw new FolderRefusedException($"The upload is larger than {Limits.UnpackedBytes >> 20:N0} MiB once unpacked.");
        if (packedBytes is { } packed && Bytes > Limits.RatioFromBytes && Bytes / Math.Max(packed, 1) > Limits.Ratio)
            throw new FolderRefusedException($"The upload unpacks to more than {Limits.Ratio} times its size: it looks like an archive bomb.");
        if (Bytes >> 26 != (Bytes - read) >> 26) RequireSpace();
    }

    void RequireSpace()
    {
        var free = new DriveInfo(_folder).AvailableFreeSpace;
        if (free < Limits.ReserveBytes)
            throw new FolderRefusedException($"The disk of the worker is nearly full: {free >> 20} MiB are left under {Path.GetDirectoryName(_folder)}. Free some space and try again.");
    }

    // The old content goes where the new one was, and away with this folder.
    static bool Exchange(string source, string target) => RenameAt2(AtCurrentFolder, source, AtCurrentFolder, target, RenameExchange) == 0;

    // Where the file system cannot exchange two folders: two renames, the old one back when the second fails.
    void Replace(string source, string target)
    {
        var old = Path.Combine(_folder, "old");
        Directory.Move(target, old);
        try
        {
            Directory.Move(source, target);
        }
        catch (IOException)
        {
            Directory.Move(old, target);
            throw;
        }
    }

    const int AtCurrentFolder = -100;
    const uint RenameExchange = 2;

    [LibraryImport("libc", EntryPoint = "renameat2", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int RenameAt2(int oldFolder, string oldPath, int newFolder, string newPath, uint flags);
}
