using System.Security.Cryptography;
using System.Text;

namespace Kyozo.Engine.Folders;

/// <summary>How a cache lies on the disk: head, entries, checksum.</summary>
static class ScanCacheFile
{
    /// <summary>Raised with every change of what is written or of how files are decoded.</summary>
    const string Version = "kyozo-scan-2";

    const int MaxEntries = 300_000, ChecksumBytes = SHA256.HashSizeInBytes;
    const long MaxBytes = 512L << 20;

    static readonly IReadOnlyDictionary<string, CachedFile> Nothing = new Dictionary<string, CachedFile>();

    /// <summary>A name from the folder's path; two paths of one name keep each other out by the path in the head.</summary>
    public static string NameOf(string root)
    {
        var crc = new Crc32();
        crc.Add(Encoding.UTF8.GetBytes(root));
        return $"{crc.Value:x8}.scan";
    }

    /// <summary>The entries; none when the file is missing, damaged, of another version, another folder or another owner.</summary>
    public static IReadOnlyDictionary<string, CachedFile> Read(string file, string root)
    {
        if (OwnFile.Read(file, MaxBytes) is not { Length: > ChecksumBytes } bytes || !Checksum(bytes.AsSpan(0, bytes.Length - ChecksumBytes)).AsSpan().SequenceEqual(bytes.AsSpan(bytes.Length - ChecksumBytes))) return Nothing;
        try
        {
            return Entries(bytes, root);
        }
        catch (Exception problem) when (problem is IOException or ArgumentException or FormatException)
        {
            return Nothing;
        }
    }

    public static void Write(string file, string root, IEnumerable<KeyValuePair<string, CachedFile>> entries)
    {
        var text = new MemoryStream();
        using (var writer = new BinaryWriter(text, Encoding.UTF8, leaveOpen: true))
        {
            writer.Write(Version);
            writer.Write(root);
            var sorted = entries.OrderBy(entry => entry.Key, StringComparer.Ordinal).ToList();
            writer.Write(sorted.Count);
            foreach (var (path, cached) in sorted)
            {
                writer.Write(path);
                writer.Write(cached.Stamp.Size);
                writer.Write(cached.Stamp.Modified);
                writer.Write(cached.Stamp.Changed);
                writer.Write(cached.Stamp.Inode);
                writer.Write(cached.Text);
            }
        }
        var content = text.ToArray();
        if (content.Length <= MaxBytes - ChecksumBytes) OwnFile.Write(file, content, Checksum(content));
    }

    static Dictionary<string, CachedFile> Entries(byte[] bytes, string root)
    {
        using var reader = new BinaryReader(new MemoryStream(bytes, 0, bytes.Length - ChecksumBytes), Encoding.UTF8);
        var entries = new Dictionary<string, CachedFile>(StringComparer.Ordinal);
        if (reader.ReadString() != Version || reader.ReadString() != root) return entries;
        var count = reader.ReadInt32();
        if (count is < 0 or > MaxEntries) return entries;
        for (var i = 0; i < count; i++)
        {
            var path = reader.ReadString();
            entries[path] = new(new(reader.ReadInt64(), reader.ReadInt64(), reader.ReadInt64(), reader.ReadUInt64()), reader.ReadString());
        }
        return entries;
    }

    // Processors have instructions for this one, which reads a gigabyte in the time of a table's hundred megabytes.
    static byte[] Checksum(ReadOnlySpan<byte> bytes) => SHA256.HashData(bytes);
}
