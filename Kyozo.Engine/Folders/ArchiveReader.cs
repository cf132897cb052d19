using System.Formats.Tar;
using System.IO.Compression;

namespace Kyozo.Engine.Folders;

/// <summary>
/// Unpacks a zip, tar or tar.gz into a <see cref="StagedFolder"/>, entry by entry. Only regular files and folders pass; any link, device or pipe
/// refuses the whole archive (SAFETY A-10). What kind it is, its first bytes say, not its name.
/// </summary>
public static class ArchiveReader
{
    const int FileTypeMask = 0xF000;
    const int RegularFile = 0x8000;
    const int Folder = 0x4000;
    const int AnyExecute = 0x49;

    /// <summary>Reads the archive that was received into <see cref="StagedFolder.ArchiveFile"/>.</summary>
    /// <exception cref="FolderRefusedException">It is not one, it is damaged, or something in it is not taken.</exception>
    public static async Task UnpackAsync(StagedFolder into, CancellationToken cancellationToken)
    {
        await using var archive = new FileStream(into.ArchiveFile, FileMode.Open, FileAccess.Read, FileShare.Read);
        var head = new byte[512];
        var read = await archive.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, cancellationToken);
        archive.Position = 0;
        try
        {
            switch (head)
            {
                case [(byte)'P', (byte)'K', 3, 4, ..] or [(byte)'P', (byte)'K', 5, 6, ..]:
                    await UnzipAsync(archive, into, cancellationToken);
                    break;
                case [0x1f, 0x8b, ..]:
                    await using (var unpacked = new GZipStream(archive, CompressionMode.Decompress)) await UntarAsync(unpacked, archive.Length, into, cancellationToken);
                    break;
                case var _ when read == 512 && head.AsSpan(257, 5).SequenceEqual("ustar"u8):
                    await UntarAsync(archive, archive.Length, into, cancellationToken);
                    break;
                default:
                    throw new FolderRefusedException("This is not a zip, tar or tar.gz archive.");
            }
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or FormatException or NotSupportedException)
        {
            throw new FolderRefusedException($"The archive is damaged: {e.Message}");
        }
    }

    static async Task UnzipAsync(FileStream archive, StagedFolder into, CancellationToken cancellationToken)
    {
        ZipDirectory.RequireReasonable(archive, into.Limits);
        await using var zip = await ZipArchive.CreateAsync(archive, ZipArchiveMode.Read, leaveOpen: true, entryNameEncoding: null, cancellationToken);
        foreach (var entry in zip.Entries)
        {
            var mode = entry.ExternalAttributes >> 16;
            var isFolder = entry.FullName.EndsWith('/');
            var type = mode & FileTypeMask;
            if (type is not (0 or RegularFile or Folder) || (type is Folder && !isFolder)) throw NotPlain(entry.FullName);
            if (entry.IsEncrypted) throw new FolderRefusedException("The archive is encrypted.");
            if (isFolder)
            {
                into.AddFolder(entry.FullName);
                continue;
            }

            await using var content = await entry.OpenAsync(cancellationToken);
            var (size, checksum) = await into.AddFileAsync(entry.FullName, content, (mode & AnyExecute) != 0, archive.Length, cancellationToken);
            if (size != entry.Length || checksum != entry.Crc32) throw new FolderRefusedException($"The archive is damaged: \"{entry.Name}\" does not hold what its header says.");
        }
    }

    static async Task UntarAsync(Stream tar, long packedBytes, StagedFolder into, CancellationToken cancellationToken)
    {
        // The limit holds for what lies between the entries too: a header that says 2 GB must not be read.
        await using var limited = new LimitedStream(tar, into.Limits.UnpackedBytes + 4096L * into.Limits.Entries);
        await using var reader = new TarReader(limited, leaveOpen: true);
        while (await reader.GetNextEntryAsync(copyData: false, cancellationToken) is { } entry)
        {
            switch (entry.EntryType)
            {
                case TarEntryType.GlobalExtendedAttributes:
                    break;
                case TarEntryType.Directory:
                    into.AddFolder(entry.Name);
                    break;
                case TarEntryType.RegularFile or TarEntryType.V7RegularFile:
                    var executable = ((int)entry.Mode & AnyExecute) != 0;
                    await into.AddFileAsync(entry.Name, entry.DataStream ?? Stream.Null, executable, packedBytes, cancellationToken);
                    break;
                default:
                    throw NotPlain(entry.Name);
            }
        }
    }

    static FolderRefusedException NotPlain(string name) =>
        new($"The upload is refused: \"{(name.Length <= 200 ? name : name[..200])}\" is a link, a device or the like; only files and folders are taken.");
}
