using System.Globalization;
using Npgsql;

namespace Kyozo.Data.Schema;

/// <summary>What one server process has used until now.</summary>
/// <param name="Cpu">Time on the processor.</param>
/// <param name="MemoryBytes">Its own memory, without what it shares with the others.</param>
sealed record ProcessUse(TimeSpan Cpu, long MemoryBytes)
{
    /// <summary><c> (cpu 97 %, 210 MiB)</c>, measured since an earlier look.</summary>
    public string Since(ProcessUse? earlier, TimeSpan between)
    {
        var share = earlier is null || between <= TimeSpan.Zero ? null : (double?)((Cpu - earlier.Cpu) / between);
        return string.Create(CultureInfo.InvariantCulture, $" ({(share is null ? "" : $"cpu {100 * share:0} %, ")}memory {MemoryBytes / (1 << 20)} MiB)");
    }
}

/// <summary>A PostgreSQL server whose data folder and processes this program can see, because it runs on the same machine.</summary>
/// <param name="DataDirectory">The server's data folder.</param>
sealed record LocalServer(string DataDirectory)
{
    const int ClockTicksPerSecond = 100;

    /// <summary>The server behind a connection, or null when it runs elsewhere or its folder cannot be read.</summary>
    public static async Task<LocalServer?> FindAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        if (!OperatingSystem.IsLinux()) return null;
        await using var command = new NpgsqlCommand(
            """
            SELECT current_setting('data_directory'), extract(epoch FROM pg_postmaster_start_time())::bigint
            WHERE pg_has_role('pg_read_all_settings', 'USAGE')
            """, connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        if (!await reader.ReadAsync(cancellationToken)) return null;

        // The same path may be another server's: its moment of start, which its lock file tells, is nobody else's.
        var (folder, started) = (reader.GetString(0), reader.GetInt64(1));
        try
        {
            var lines = await File.ReadAllLinesAsync(Path.Combine(folder, "postmaster.pid"), cancellationToken);
            return lines.Length > 2 && long.TryParse(lines[2], CultureInfo.InvariantCulture, out var written) && Math.Abs(written - started) <= 2 ? new(folder) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>What the server process with that id uses, or null when it is gone.</summary>
    public ProcessUse? ReadUse(int processId)
    {
        try
        {
            // The fields after the name in brackets, which may hold blanks: utime and stime are the 14th and 15th of all.
            var stat = File.ReadAllText($"/proc/{processId}/stat");
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            var ticks = long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture);
            var memory = File.ReadLines($"/proc/{processId}/status").First(line => line.StartsWith("RssAnon:", StringComparison.Ordinal));
            return new(TimeSpan.FromSeconds((double)ticks / ClockTicksPerSecond), long.Parse(memory.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024);
        }
        catch (Exception e) when (e is IOException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>The disk on which the data folder lies.</summary>
    public (long FreeBytes, long TotalBytes) ReadDisk()
    {
        var disk = new DriveInfo(DataDirectory);
        return (disk.AvailableFreeSpace, disk.TotalSize);
    }
}
