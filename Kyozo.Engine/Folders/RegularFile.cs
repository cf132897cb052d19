using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Kyozo.Engine.Folders;

/// <summary>
/// Opens what is a regular file and nothing else. Opening a FIFO waits for a writer for ever and a device never ends (SAFETY M38),
/// and .NET cannot tell either from a file: on Linux the kernel is asked before and the file is opened without following links or waiting.
/// </summary>
static partial class RegularFile
{
    const int AtFdcwd = -100, AtSymlinkNofollow = 0x100;
    const uint StatxType = 1, StatxStamp = 0x3CB;
    const int WritableByOthers = 0x12;
    const int TypeMask = 0xF000, Regular = 0x8000, Directory = 0x4000, Fifo = 0x1000, Socket = 0xC000, Link = 0xA000;
    const int ReadOnly = 0, NonBlocking = 0x800, CloseOnExec = 0x80000;
    const int NotFound = 2, AccessDenied = 13, TooManyLinks = 40;

    // O_NOFOLLOW is the one flag here whose value differs between processor families.
    static readonly int NoFollow = RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm ? 0x8000 : 0x20000;

    /// <summary>Why a file cannot be read as one, or null when it is a regular file.</summary>
    public static string? ReasonNotToOpen(string path)
    {
        if (!OperatingSystem.IsLinux()) return File.GetAttributes(path).HasFlag(FileAttributes.Device) ? "not a regular file" : null;
        if (statx(AtFdcwd, path, AtSymlinkNofollow, StatxType, out var status) != 0) return Explain(Marshal.GetLastPInvokeError());
        return (status.Mode & TypeMask) switch
        {
            Regular => null,
            Fifo => "not a regular file (named pipe)",
            Socket => "not a regular file (socket)",
            Link => "symbolic link, not followed",
            _ => "not a regular file (device)",
        };
    }

    /// <summary>The handle of a regular file, or the reason why there is none.</summary>
    public static (SafeFileHandle? Handle, string? Reason) Open(string path)
    {
        if (ReasonNotToOpen(path) is { } reason) return (null, reason);
        if (!OperatingSystem.IsLinux()) return (File.OpenHandle(path), null);
        var descriptor = open(path, ReadOnly | NonBlocking | CloseOnExec | NoFollow);
        return descriptor < 0 ? (null, Explain(Marshal.GetLastPInvokeError())) : (new SafeFileHandle(descriptor, ownsHandle: true), null);
    }

    /// <summary>What tells whether a regular file changed since; null when it is none, or cannot be asked.</summary>
    public static FileStamp? Stamp(string path)
    {
        if (!OperatingSystem.IsLinux()) return new FileInfo(path) is { Exists: true, LinkTarget: null } file ? new(file.Length, file.LastWriteTimeUtc.Ticks * 100, file.CreationTimeUtc.Ticks * 100, 0) : null;
        if (statx(AtFdcwd, path, AtSymlinkNofollow, StatxStamp, out var status) != 0 || (status.Mode & TypeMask) != Regular) return null;
        return StampOf(status);
    }

    /// <summary>What tells whether entries came to a folder or left it; null when it is none, or cannot be asked.</summary>
    public static FileStamp? FolderStamp(string path)
    {
        if (!OperatingSystem.IsLinux() || statx(AtFdcwd, path, AtSymlinkNofollow, StatxStamp, out var status) != 0 || (status.Mode & TypeMask) != Directory) return null;
        return StampOf(status);
    }

    static FileStamp StampOf(in FileStatus status) => new(status.Size, (status.ModifiedSeconds * 1_000_000_000) + status.ModifiedNanoseconds, (status.ChangedSeconds * 1_000_000_000) + status.ChangedNanoseconds, status.Inode);

    /// <summary>True for a file of this user that nobody else may write.</summary>
    public static bool IsOwn(string path)
    {
        if (!OperatingSystem.IsLinux()) return true;
        return statx(AtFdcwd, path, AtSymlinkNofollow, StatxStamp, out var status) == 0 && status.Owner == geteuid() && (status.Mode & WritableByOthers) == 0;
    }

    static string Explain(int error) => error switch
    {
        AccessDenied => "cannot be read: permission denied",
        NotFound => "gone or not named in UTF-8",
        TooManyLinks => "symbolic link, not followed",
        _ => $"cannot be read: {new Win32Exception(error).Message}",
    };

    /// <summary>The head of the kernel's struct statx, the same on every processor; the rest is room for the kernel to write.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    struct FileStatus
    {
        [FieldOffset(20)] public uint Owner;
        [FieldOffset(28)] public ushort Mode;
        [FieldOffset(32)] public ulong Inode;
        [FieldOffset(40)] public long Size;
        [FieldOffset(96)] public long ChangedSeconds;
        [FieldOffset(104)] public uint ChangedNanoseconds;
        [FieldOffset(112)] public long ModifiedSeconds;
        [FieldOffset(120)] public uint ModifiedNanoseconds;
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int statx(int directory, string path, int flags, uint mask, out FileStatus status);

    [LibraryImport("libc")]
    private static partial uint geteuid();

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags);
}
