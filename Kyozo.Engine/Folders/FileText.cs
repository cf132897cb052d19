using System.Buffers;
using System.Text;

namespace Kyozo.Engine.Folders;

/// <summary>Reads one file as text, within a limit of its own and what is left for all.</summary>
static class FileText
{
    public const string TooMuch = "not read: the folder holds more text than is looked at";

    /// <summary>The text, or the reason why there is none.</summary>
    /// <param name="path">The file.</param>
    /// <param name="limit">Bytes at most.</param>
    /// <param name="left">Bytes that all files together may still have; becomes less by this one.</param>
    public static (string? Text, string? Reason) Read(string path, long limit, ref long left)
    {
        try
        {
            var (handle, reason) = RegularFile.Open(path);
            if (handle is null) return (null, reason);
            using (handle)
            {
                var length = RandomAccess.GetLength(handle);
                if (length > limit) return (null, $"too large to be read: {length / 1024:N0} KiB, at most {limit / 1024:N0}");
                if (Interlocked.Add(ref left, -length) < 0) return (null, TooMuch);
                var bytes = ArrayPool<byte>.Shared.Rent((int)length);
                try
                {
                    var count = 0;
                    while (count < length && RandomAccess.Read(handle, bytes.AsSpan(count, (int)length - count), count) is > 0 and var read) count += read;
                    return Decode(bytes.AsSpan(0, count));
                }
                finally
                {
                    ArrayPool<byte>.Shared.Return(bytes);
                }
            }
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return (null, "cannot be read: " + (problem is UnauthorizedAccessException ? "permission denied" : problem.Message));
        }
    }

    /// <summary>UTF-8, or UTF-16 that says so; a NUL byte otherwise means that it is no text.</summary>
    static (string? Text, string? Reason) Decode(ReadOnlySpan<byte> bytes) => bytes switch
    {
        [0xEF, 0xBB, 0xBF, .. var rest] => (Encoding.UTF8.GetString(rest), null),
        [0xFF, 0xFE, .. var rest] => (Encoding.Unicode.GetString(rest), null),
        [0xFE, 0xFF, .. var rest] => (Encoding.BigEndianUnicode.GetString(rest), null),
        _ when bytes.Contains((byte)0) => (null, "not text"),
        _ => (Encoding.UTF8.GetString(bytes), null),
    };
}
