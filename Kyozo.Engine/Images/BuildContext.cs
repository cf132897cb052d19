using System.Formats.Tar;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Kyozo.Engine.Images;

/// <summary>A file that Kyozo adds to a build, in place of the folder's own of that path.</summary>
/// <param name="Path">Path in the context.</param>
/// <param name="Content">Its bytes.</param>
/// <param name="IsInput">False for what does not change the result (the host's certificates): it is not part of the hash.</param>
public sealed record AddedFile(string Path, ReadOnlyMemory<byte> Content, bool IsInput = true);

/// <summary>
/// What is sent to the engine: a tar of a folder's files and of those that Kyozo adds, on disk until disposed. Owners, times and rights are
/// normalised, so that <see cref="Hash"/> depends on names and contents alone.
/// </summary>
public sealed class BuildContext : IAsyncDisposable
{
    readonly FileStream _tar;

    BuildContext(FileStream tar, string hash, int files, long bytes) => (_tar, Hash, Files, Bytes) = (tar, hash, files, bytes);

    /// <summary>SHA-256 over paths, execute bits and contents, 64 hex digits.</summary>
    public string Hash { get; }

    public int Files { get; }

    public long Bytes { get; }

    /// <summary>Packs the folder; its files lie below <paramref name="prefix"/> in the context (empty: at its top).</summary>
    /// <exception cref="BuildContextException">More bytes than <see cref="BuildOptions.MaxContextBytes"/>.</exception>
    public static async Task<BuildContext> PackAsync(
        ContextFolder folder, string prefix, IReadOnlyCollection<AddedFile> added, string scratchFolder, BuildOptions options, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(scratchFolder);
        var onDisk = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite, Options = FileOptions.DeleteOnClose | FileOptions.Asynchronous };
        if (!OperatingSystem.IsWindows()) onDisk.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        var tar = new FileStream(Path.Combine(scratchFolder, Path.GetRandomFileName()), onDisk);
        try
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            var (files, bytes) = (0, 0L);
            var replaced = added.Select(file => file.Path).ToHashSet(StringComparer.Ordinal);
            await using (var writer = new TarWriter(tar, TarEntryFormat.Pax, leaveOpen: true))
            {
                foreach (var path in folder.Files.Where(path => !replaced.Contains(prefix + path)))
                {
                    if (await AddAsync(folder, path, prefix + path, options.MaxContextBytes - bytes, writer, hash, cancellationToken) is not { } size) continue;
                    files++;
                    bytes += size;
                }

                foreach (var file in added.OrderBy(file => file.Path, StringComparer.Ordinal))
                {
                    await writer.WriteEntryAsync(Entry(file.Path, executable: false, new MemoryStream(file.Content.ToArray())), cancellationToken);
                    if (file.IsInput) Append(hash, file.Path, executable: false, file.Content.Span);
                }
            }

            tar.Position = 0;
            return new(tar, Convert.ToHexStringLower(hash.GetHashAndReset()), files, bytes);
        }
        catch
        {
            await tar.DisposeAsync();
            throw;
        }
    }

    /// <summary>The tar from its start.</summary>
    public Stream OpenTar()
    {
        _tar.Position = 0;
        return _tar;
    }

    public ValueTask DisposeAsync() => _tar.DisposeAsync();

    /// <summary>Bytes of the file, or null when it was left out.</summary>
    static async Task<long?> AddAsync(
        ContextFolder folder, string path, string name, long room, TarWriter writer, IncrementalHash hash, CancellationToken cancellationToken)
    {
        if (folder.Open(path, out var executable) is not { } handle) return null;
        await using var file = new FileStream(handle, FileAccess.Read, bufferSize: 0);
        if (file.Length > room)
            throw new BuildContextException($"{folder.Root} is too large to build: with {path} ({file.Length >> 20} MiB) it passes the limit (Kyozo:Build:MaxContextBytes). Leave out with a .dockerignore what the build does not need.");

        // Read whole, so that hash and tar see the same bytes even while somebody writes to the file; large files come from disk in one piece.
        var content = new byte[file.Length];
        await file.ReadAtLeastAsync(content, content.Length, throwOnEndOfStream: false, cancellationToken);
        if (NeverSent.HoldsToken(Path.GetFileName(path), content.Length < 100_000 ? Encoding.UTF8.GetString(content) : ""))
        {
            folder.LeaveOut("never sent to a build");
            return null;
        }

        await writer.WriteEntryAsync(Entry(name, executable, new MemoryStream(content)), cancellationToken);
        Append(hash, name, executable, content);
        return content.Length;
    }

    static PaxTarEntry Entry(string path, bool executable, MemoryStream content)
    {
        const UnixFileMode Read = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
        const UnixFileMode Execute = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
        return new(TarEntryType.RegularFile, path) { DataStream = content, Mode = executable ? Read | Execute : Read, ModificationTime = DateTimeOffset.UnixEpoch };
    }

    /// <summary>Lengths stand before contents: no two contexts give the same bytes.</summary>
    static void Append(IncrementalHash hash, string path, bool executable, ReadOnlySpan<byte> content)
    {
        hash.AppendData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{path}\0{(executable ? 'x' : '-')}{content.Length}\0")));
        hash.AppendData(content);
    }
}
