using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Kyozo.Engine.Containers.Docker;

/// <summary>
/// Puts one stream of a container's log together again. The engine keeps lines in records of at most 16 KB, each sent with its own time before it:
/// <c>2026-11-23T20:31:46.123456789Z text\n</c>; a record of exactly 16 KB without a line end is continued in the next (SAFETY M17).
/// </summary>
sealed class LogRecords(bool isError)
{
    const int RecordBytes = 16 * 1024;
    const int LineBytes = 64 * 1024;

    readonly List<byte> _time = [];
    readonly List<byte> _line = [];
    DateTimeOffset _at;
    int _record;
    bool _inTime = true;
    bool _continued;

    /// <summary>Takes the next bytes; returns the lines that are complete with them.</summary>
    public IEnumerable<LogLine> Add(ReadOnlyMemory<byte> bytes)
    {
        for (var i = 0; i < bytes.Length; i++)
        {
            var next = bytes.Span[i];
            if (_inTime)
            {
                if (next == ' ') BeginRecord();
                else _time.Add(next);
            }
            else if (next == '\n')
            {
                yield return EndLine();
            }
            else
            {
                if (_line.Count < LineBytes) _line.Add(next);
                if (++_record == RecordBytes) EndRecord();
            }
        }
    }

    /// <summary>What is left when the stream ends without a line end.</summary>
    public LogLine? End() => _line.Count > 0 ? EndLine() : null;

    void BeginRecord()
    {
        // A line that just filled its record has its end in a record of nothing but "\n".
        if (!_continued) _at = DateTimeOffset.Parse(Encoding.ASCII.GetString([.. _time]), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
        _time.Clear();
        _record = 0;
        _inTime = false;
    }

    void EndRecord()
    {
        _inTime = true;
        _continued = true;
    }

    LogLine EndLine()
    {
        var text = Encoding.UTF8.GetString(CollectionsMarshal.AsSpan(_line)).TrimEnd('\r').Replace('\0', '\uFFFD');
        _line.Clear();
        _inTime = true;
        _continued = false;
        return new(_at, isError, text);
    }
}
