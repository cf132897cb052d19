using Npgsql;

namespace Kyozo.Data.Schema;

/// <summary>The daily partitions (UTC) of the tables that grow with time. A row of a day without one is refused, so they are made <see cref="DaysAhead"/> days ahead, by <c>kyozo db migrate</c>, at every worker start and by a job.</summary>
/// <param name="maintenance">Connects as <c>kyozo_maintenance</c>.</param>
/// <param name="clock">Says which day it is.</param>
public sealed class Partitions(MaintenanceDataSource maintenance, TimeProvider clock)
{
    /// <summary>How many days in advance partitions are made.</summary>
    public const int DaysAhead = 14;

    const int Attempts = 50;
    static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>The tables that grow with time and the column that each is cut by.</summary>
    public static IReadOnlyDictionary<string, string> TimeSeries { get; } = new Dictionary<string, string>
    {
        ["deployment_events"] = "occurred_at",
        ["health_checks"] = "checked_at",
        ["service_metrics"] = "recorded_at",
    };

    /// <summary>All tables that are cut by days: the time series, and the minutes of their roll-ups.</summary>
    public static IReadOnlyDictionary<string, string> Tables { get; } =
        TimeSeries.Concat([new("health_rollups_minute", "bucket"), new("metric_rollups_minute", "bucket")]).ToDictionary();

    /// <summary>Name of a day's partition: <c>health_checks_20261123</c>.</summary>
    public static string NameOf(string table, DateOnly day) => $"{table}_{day:yyyyMMdd}";

    /// <summary>Makes what is missing from yesterday to <see cref="DaysAhead"/> days from now.</summary>
    /// <returns>Names of the partitions made.</returns>
    /// <exception cref="PostgresException">55P03 when writers held a table for the whole time of all attempts.</exception>
    public async Task<IReadOnlyList<string>> EnsureAsync(CancellationToken cancellationToken)
    {
        await using var connection = await maintenance.OpenAsync(cancellationToken);
        return await EnsureAsync(connection, clock, cancellationToken);
    }

    /// <summary>The same on a connection that already acts as the owner.</summary>
    internal static async Task<IReadOnlyList<string>> EnsureAsync(NpgsqlConnection owner, TimeProvider clock, CancellationToken cancellationToken)
    {
        var present = await ReadNamesAsync(owner, cancellationToken);
        var made = new List<string>();
        foreach (var (table, column) in Tables.Where(table => present.Contains(table.Key)))
        {
            foreach (var day in Days(clock).Where(day => !present.Contains(NameOf(table, day))))
            {
                await RetryAsync(owner, CreateSql(table, column, day), clock, cancellationToken);
                made.Add(NameOf(table, day));
            }
        }

        return made;
    }

    /// <summary>Makes one day's partition when it is missing: of a day before yesterday, for rows that come late. One that was taken off its table and is still there comes back.</summary>
    /// <param name="owner">A connection that acts as the owner, outside of a transaction.</param>
    /// <param name="table">One of <see cref="Tables"/>.</param>
    /// <param name="day">The UTC day.</param>
    /// <param name="clock">Times the attempts.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="PostgresException">55P03 when writers held the table for the whole time of all attempts.</exception>
    public static async Task EnsureDayAsync(NpgsqlConnection owner, string table, DateOnly day, TimeProvider clock, CancellationToken cancellationToken)
    {
        await using var look = new NpgsqlCommand(
            "SELECT c.relispartition FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relname = $1", owner)
        {
            Parameters = { new() { Value = NameOf(table, day) } },
        };
        switch (await look.ExecuteScalarAsync(cancellationToken))
        {
            case null:
                await RetryAsync(owner, CreateSql(table, Tables[table], day), clock, cancellationToken);
                break;
            case false:
                await RetryAsync(owner, BrieflySql + AttachSql(table, day), clock, cancellationToken);
                break;
        }
    }

    static async Task<HashSet<string>> ReadNamesAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')", connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var names = new HashSet<string>();
        while (await reader.ReadAsync(cancellationToken)) names.Add(reader.GetString(0));
        return names;
    }

    /// <summary>The same for psql, each partition only if it is missing.</summary>
    internal static string Script(TimeProvider clock) => string.Join("\n", Tables.SelectMany(table => Days(clock).Select(day =>
        $"""
        SELECT to_regclass('{table.Key}') IS NOT NULL AND to_regclass('{NameOf(table.Key, day)}') IS NULL AS missing \gset
        \if :missing
        BEGIN;
        {CreateSql(table.Key, table.Value, day)}
        COMMIT;
        \endif
        """)));

    static IEnumerable<DateOnly> Days(TimeProvider clock)
    {
        var today = DateOnly.FromDateTime(clock.GetUtcNow().UtcDateTime);
        return Enumerable.Range(-1, DaysAhead + 2).Select(today.AddDays);
    }

    // Made apart and attached afterwards: PARTITION OF would lock readers out. ATTACH must lock service_instances against
    // writers for its foreign key, so it waits only briefly and tries again rather than let everybody queue behind it.
    static string CreateSql(string table, string column, DateOnly day)
    {
        var name = NameOf(table, day);
        var (from, to) = Bounds(day);
        return
            $"""
            {BrieflySql}CREATE TABLE {name} (LIKE {table} INCLUDING ALL);
            ALTER TABLE {name} ADD CONSTRAINT {name}_day CHECK ({column} >= {from} AND {column} < {to});
            ALTER TABLE {name} ENABLE ROW LEVEL SECURITY;
            ALTER TABLE {name} FORCE ROW LEVEL SECURITY;
            CREATE POLICY owner ON {name} TO {DatabaseRoles.Owner} USING (true) WITH CHECK (true);
            CREATE POLICY backup ON {name} FOR SELECT TO {DatabaseRoles.Backup} USING (true);
            {AttachSql(table, day)}
            """;
    }

    const string BrieflySql = "SET LOCAL lock_timeout = '100ms';\n";

    static string AttachSql(string table, DateOnly day) => $"ALTER TABLE {table} ATTACH PARTITION {NameOf(table, day)} FOR VALUES FROM ({Bounds(day).From}) TO ({Bounds(day).To});";

    static (string From, string To) Bounds(DateOnly day) => ($"'{day:yyyy-MM-dd} 00:00:00+00'", $"'{day.AddDays(1):yyyy-MM-dd} 00:00:00+00'");

    static async Task RetryAsync(NpgsqlConnection connection, string sql, TimeProvider clock, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
            try
            {
                await using var command = new NpgsqlCommand(sql, connection, transaction);
                await command.ExecuteNonQueryAsync(cancellationToken);
                await transaction.CommitAsync(cancellationToken);
                return;
            }
            catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.LockNotAvailable && attempt < Attempts)
            {
                await transaction.RollbackAsync(cancellationToken);
                await Task.Delay(Pause, clock, cancellationToken);
            }
            catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.DuplicateTable)
            {
                // Another worker made it a moment ago.
                return;
            }
        }
    }
}
