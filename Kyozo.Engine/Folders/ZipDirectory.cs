using System.Buffers.Binary;

namespace Kyozo.Engine.Folders;

/// <summary>Looks at the end of a zip before the library does: it would hold every entry of the directory in memory, however many.</summary>
static class ZipDirectory
{
    const uint EndSignature = 0x06054b50;
    const int EndSize = 22;
    const int LongestComment = 65535;

    // Generous for a name, its extra fields and a comment.
    const int BytesPerEntry = 400;

    /// <exception cref="FolderRefusedException">The directory is missing, or larger than the limits allow.</exception>
    public static void RequireReasonable(FileStream archive, ArchiveLimits limits)
    {
        var tail = new byte[Math.Min(archive.Length, EndSize + LongestComment)];
        archive.Position = archive.Length - tail.Length;
        archive.ReadExactly(tail);
        archive.Position = 0;
        for (var at = tail.Length - EndSize; at >= 0; at--)
        {
            var end = tail.AsSpan(at);
            if (BinaryPrimitives.ReadUInt32LittleEndian(end) != EndSignature) continue;
            RequireReasonable(archive.Length - tail.Length + at, end, limits);
            return;
        }

        throw new FolderRefusedException("The archive is damaged: it has no directory at its end. Was it sent whole?");
    }

    static void RequireReasonable(long endOffset, ReadOnlySpan<byte> end, ArchiveLimits limits)
    {
        var entries = BinaryPrimitives.ReadUInt16LittleEndian(end[10..]);
        var offset = BinaryPrimitives.ReadUInt32LittleEndian(end[16..]);

        // All ones: the true offset stands in the 64-bit record. Such an archive is larger than 4 GiB or holds more than 65,535 entries: its size field is as good a measure.
        var size = offset == uint.MaxValue ? BinaryPrimitives.ReadUInt32LittleEndian(end[12..]) : endOffset - offset;
        if (size > (long)limits.Entries * BytesPerEntry || (entries != ushort.MaxValue && entries > limits.Entries))
            throw new FolderRefusedException($"The upload holds more than {limits.Entries:N0} files and folders.");
    }
}
