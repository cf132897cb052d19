using System.Buffers.Binary;
using System.Text.Json;
using Kyozo.Data;

namespace Kyozo.Engine.Backups;

/// <summary>A backup as a file: header, then encrypted the manifest and the archive of pg_dump.</summary>
static class BackupFile
{
    /// <summary>Ending of a backup's name.</summary>
    public const string Extension = ".kyozobackup";

    /// <summary>Ending while it is not known to be good: nothing takes such a file for a backup.</summary>
    public const string PartExtension = ".part";

    const int LargestManifest = 16 * 1024 * 1024;

    /// <summary>Opens a new file that only its owner can read.</summary>
    public static FileStream Create(string path)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 0 };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return new(path, options);
    }

    public static void WriteManifest(SealingStream backup, BackupManifest manifest)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(manifest, KyozoJson.Compact);
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(length, json.Length);
        backup.Write(length);
        backup.Write(json);
    }

    /// <summary>Opens a backup: its manifest, and the stream that goes on with the archive.</summary>
    /// <exception cref="BackupException">It is no backup, one of another key, or damaged.</exception>
    public static (BackupManifest Manifest, UnsealingStream Archive) Open(Stream file, BackupKey key)
    {
        var archive = new UnsealingStream(file, key);
        try
        {
            Span<byte> length = stackalloc byte[4];
            archive.ReadExactly(length);
            var size = BinaryPrimitives.ReadInt32BigEndian(length);
            if (size is < 2 or > LargestManifest) throw new BackupException("The backup is damaged: its list of contents cannot be read.");
            var json = new byte[size];
            archive.ReadExactly(json);
            return (JsonSerializer.Deserialize<BackupManifest>(json, KyozoJson.Compact)!, archive);
        }
        catch (Exception e)
        {
            archive.Dispose();
            throw e is EndOfStreamException or JsonException ? new BackupException("The backup is damaged: its list of contents cannot be read.", e) : e;
        }
    }

    /// <summary>Reads all of a backup: every chunk must be authentic, in its place, and the end the end.</summary>
    /// <exception cref="BackupException">It is no backup, one of another key, or damaged.</exception>
    public static async Task<BackupManifest> VerifyAsync(string path, BackupKey key, CancellationToken cancellationToken)
    {
        await using var file = OpenRead(path);
        var (manifest, archive) = Open(file, key);
        await using (archive) await archive.CopyToAsync(Stream.Null, cancellationToken);
        return manifest;
    }

    /// <exception cref="BackupException">There is no such file, or it may not be read.</exception>
    public static FileStream OpenRead(string path)
    {
        try
        {
            return new(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 256 * 1024);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BackupException($"The backup cannot be read: {e.Message}", e);
        }
    }
}
