using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Kyozo.Data;
using Kyozo.Data.Events;

namespace Kyozo.Engine.Events;

/// <summary>The anchors outside the database: one JSON object a line in the order of their numbers, only ever appended to. Whoever rules the database does not reach it.</summary>
public sealed class AnchorFile(KyozoHome home)
{
    const int LongestLine = 128 * 1024;
    const byte LineEnd = (byte)'\n';

    /// <summary>Where it is.</summary>
    public string Path => home.AnchorFile;

    /// <summary>False: nothing was ever anchored here, or somebody took it away.</summary>
    public bool Exists => File.Exists(Path);

    /// <summary>How long it is now, in bytes: what comes after that is left to the next reader.</summary>
    public long Length => Exists ? new FileInfo(Path).Length : 0;

    /// <summary>The anchors in it; a line that is none comes as null. Half a last line, as a crash leaves it, does not count: the next append writes it whole.</summary>
    /// <param name="length">Reads only so many bytes (<see cref="Length"/>).</param>
    /// <param name="cancellationToken">Stops reading.</param>
    public async IAsyncEnumerable<AuditAnchor?> ReadAsync(long length, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (!Exists) yield break;
        await using var file = new FileStream(Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var reader = PipeReader.Create(file);
        var left = length;
        while (left > 0)
        {
            var read = await reader.ReadAsync(cancellationToken);
            var buffer = read.Buffer;
            while (left > 0 && buffer.PositionOf(LineEnd) is { } end)
            {
                var line = buffer.Slice(0, end);
                left -= line.Length + 1;
                if (left >= 0) yield return Parse(line);
                buffer = buffer.Slice(buffer.GetPosition(1, end));
            }

            reader.AdvanceTo(buffer.Start, buffer.End);
            if (read.IsCompleted) break;
        }

        await reader.CompleteAsync();
    }

    /// <summary>The last whole line, or null when there is none or it is no anchor.</summary>
    public async Task<AuditAnchor?> ReadLastAsync(CancellationToken cancellationToken)
    {
        if (!Exists) return null;
        await using var file = new FileStream(Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var tail = await ReadTailAsync(file, cancellationToken);
        var end = tail.AsSpan().LastIndexOf(LineEnd);
        return end < 0 ? null : Parse(new(tail.AsMemory(tail.AsSpan(0, end).LastIndexOf(LineEnd) + 1, end - tail.AsSpan(0, end).LastIndexOf(LineEnd) - 1)));
    }

    /// <summary>Appends anchors and waits until they are on the disk.</summary>
    public async Task<int> AppendAsync(IAsyncEnumerable<AuditAnchor> anchors, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(Path)!);
        var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.Read };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        await using var file = new FileStream(Path, options);
        var tail = await ReadTailAsync(file, cancellationToken);
        file.SetLength(file.Length - tail.Length + tail.AsSpan().LastIndexOf(LineEnd) + 1);
        file.Seek(0, SeekOrigin.End);
        var count = 0;
        await foreach (var anchor in anchors.WithCancellation(cancellationToken))
        {
            await JsonSerializer.SerializeAsync(file, anchor, KyozoJson.Compact, cancellationToken);
            file.WriteByte(LineEnd);
            count++;
        }

        file.Flush(flushToDisk: true);
        return count;
    }

    static async Task<byte[]> ReadTailAsync(FileStream file, CancellationToken cancellationToken)
    {
        var tail = new byte[(int)Math.Min(file.Length, 2 * LongestLine)];
        file.Seek(-tail.Length, SeekOrigin.End);
        await file.ReadExactlyAsync(tail, cancellationToken);
        return tail;
    }

    static AuditAnchor? Parse(ReadOnlySequence<byte> line)
    {
        try
        {
            var json = new Utf8JsonReader(line);
            return JsonSerializer.Deserialize<AuditAnchor>(ref json, KyozoJson.Compact);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
