namespace Kyozo.Cli.Supervision;

/// <summary>Output of one process in a file that does not grow for ever: at the limit it becomes <c>name.log.1</c>, older ones move up.</summary>
sealed class ProcessLog(string folder, string name, long limitBytes = 10 << 20, int kept = 3) : IDisposable
{
    readonly Lock _one = new();
    readonly string _file = Path.Combine(folder, name + ".log");
    FileStream? _stream;

    /// <summary>Appends a line. A full disk loses lines, not the process.</summary>
    public void WriteLine(string line)
    {
        lock (_one)
        {
            try
            {
                _stream ??= Open();
                _stream.Write(System.Text.Encoding.UTF8.GetBytes(line + "\n"));
                _stream.Flush();
                if (_stream.Length > limitBytes) Rotate();
            }
            catch (IOException)
            {
                _stream?.Dispose();
                _stream = null;
            }
        }
    }

    /// <summary>The last lines written, for messages.</summary>
    public static IReadOnlyList<string> Tail(string folder, string name, int lines)
    {
        var file = Path.Combine(folder, name + ".log");
        return File.Exists(file) ? [.. File.ReadLines(file).TakeLast(lines)] : [];
    }

    public void Dispose() => _stream?.Dispose();

    FileStream Open()
    {
        Directory.CreateDirectory(folder);
        return new(_file, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
    }

    void Rotate()
    {
        _stream!.Dispose();
        _stream = null;
        for (var number = kept - 1; number >= 1; number--)
        {
            if (File.Exists($"{_file}.{number}")) File.Move($"{_file}.{number}", $"{_file}.{number + 1}", overwrite: true);
        }

        File.Move(_file, _file + ".1", overwrite: true);
    }
}
