using Kyozo.Data.Schema;
using Npgsql;

namespace Kyozo.Engine.Backups;

/// <summary>Whether a disk has room for what is about to be written. A disk that is full stops more than a backup: PostgreSQL itself.</summary>
static class BackupRoom
{
    const double MoreThanTheLast = 1.25;
    const int SmallerThanTheDatabase = 4;

    /// <summary>About what the next backup will take: a quarter more than the last one, or a quarter of the database when there is none (it is compressed and holds no indexes).</summary>
    public static async Task<long> EstimateAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            SELECT (SELECT size_bytes FROM backups WHERE status IN ('good', 'unchecked') AND size_bytes IS NOT NULL ORDER BY started_at DESC LIMIT 1), pg_database_size(current_database())
            """, connection);
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        await row.ReadAsync(cancellationToken);
        return row.IsDBNull(0) ? row.GetInt64(1) / SmallerThanTheDatabase : (long)(row.GetInt64(0) * MoreThanTheLast);
    }

    /// <summary>What is missing on the disk of a folder, or null when there is room.</summary>
    public static string? FindLack(string folder, long needBytes, BackupOptions options)
    {
        var (free, keep) = (DatabaseDisk.Read(folder).FreeBytes, (long)options.KeepFreeMiB << 20);
        return free - needBytes >= keep
            ? null
            : $"it needs about {Size(needBytes)} on the disk of {folder}, and {Size(keep)} must stay free there (Kyozo:Backup:KeepFreeMiB), but {Size(free)} are free";
    }

    /// <summary>What is missing on the disk of a server for a database of that size, or null when there is room or the server's disk is not this machine's.</summary>
    public static async Task<string?> FindLackAsync(NpgsqlConnection server, long needBytes, BackupOptions options, CancellationToken cancellationToken) =>
        await DatabaseDisk.FindFolderAsync(server, cancellationToken) is { } folder ? FindLack(folder, needBytes, options) : null;

    static string Size(long bytes) => bytes >= 10L << 30 ? $"{bytes >> 30} GiB" : $"{(bytes >> 20) + 1} MiB";
}
