using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Kyozo.Engine.Backups;

/// <summary>
/// The readable beginning of a backup file: 54 bytes, big-endian: "KYOZOBAK", version (2), size of a chunk (4), id of the key (8), salt (32).
/// It is bound into every chunk that follows, so that a changed header is found out like a changed chunk.
/// </summary>
/// <param name="Bytes">All of it.</param>
readonly record struct BackupHeader(byte[] Bytes)
{
    public const int Size = 54;
    public const int TagSize = 16;
    const ushort Version = 1;
    const int OurChunk = 64 * 1024;
    const int LargestChunk = 16 * 1024 * 1024;

    static ReadOnlySpan<byte> Magic => "KYOZOBAK"u8;

    /// <summary>Plain bytes in every chunk but the last, which has at most so many.</summary>
    public int ChunkSize => (int)BinaryPrimitives.ReadUInt32BigEndian(Bytes.AsSpan(10));

    public string KeyId => Convert.ToHexStringLower(Bytes.AsSpan(14, 8));

    public ReadOnlySpan<byte> Salt => Bytes.AsSpan(22, 32);

    public static BackupHeader Create(BackupKey key)
    {
        var bytes = new byte[Size];
        Magic.CopyTo(bytes);
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(8), Version);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(10), OurChunk);
        key.IdBytes.CopyTo(bytes.AsSpan(14));
        RandomNumberGenerator.Fill(bytes.AsSpan(22, 32));
        return new(bytes);
    }

    /// <exception cref="BackupException">It is no backup, one of a newer version, or one of another key.</exception>
    public static BackupHeader Read(Stream file, BackupKey key)
    {
        var bytes = new byte[Size];
        var read = file.ReadAtLeast(bytes, Size, throwOnEndOfStream: false);
        if (read < Size || !bytes.AsSpan().StartsWith(Magic)) throw new BackupException("This file is no backup of Kyozo.");
        var version = BinaryPrimitives.ReadUInt16BigEndian(bytes.AsSpan(8));
        if (version != Version) throw new BackupException($"The backup has format {version}; this version of Kyozo reads format {Version}. Restore it with the version that made it, or a newer one.");
        var header = new BackupHeader(bytes);
        if (header.ChunkSize is < 1 or > LargestChunk) throw new BackupException("The backup is damaged: its header says nonsense.");
        if (header.KeyId != key.Id) throw new BackupException($"The backup was written with another key ({header.KeyId}; the one given is {key.Id}). Give the key file that was in keys/backup.key when it was made: --key FILE");
        return header;
    }

    /// <summary>Nonce of a chunk: its number, and whether it is the last. A chunk in another place, or an end where there was none, does not decrypt.</summary>
    public static void WriteNonce(Span<byte> nonce, long chunk, bool last)
    {
        nonce.Clear();
        BinaryPrimitives.WriteInt64BigEndian(nonce[3..], chunk);
        nonce[11] = last ? (byte)1 : (byte)0;
    }
}
