using System.Net;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Kyozo.Data.Schema.Preflight;

/// <summary>Looks at a database and its server before a migration. Changes nothing; what it reads of Kyozo's own tables it does not wait for longer than two seconds.</summary>
/// <param name="connectionString">Connects as the administrator who would migrate.</param>
/// <param name="clock">Tells the age of backups.</param>
public sealed class PreflightReader(string connectionString, TimeProvider clock)
{
    static readonly TimeSpan Old = TimeSpan.FromMinutes(1);

    /// <summary>Looks at everything and judges it.</summary>
    /// <param name="to">Last migration that would be applied; all when it is null.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="SchemaException">There is no such migration.</exception>
    public async Task<IReadOnlyList<PreflightLine>> CheckAsync(string? to, CancellationToken cancellationToken) =>
        PreflightRules.Judge(await ReadAsync(to, cancellationToken));

    /// <summary>What stands in the way of a migration that nobody watches: what would fail, and what would keep it, and everybody behind it, waiting.</summary>
    public async Task<IReadOnlyList<PreflightLine>> FindObstaclesAsync(CancellationToken cancellationToken) => PreflightRules.Obstacles(await ReadAsync(to: null, cancellationToken));

    /// <summary>Whether what goes over an open connection is for nobody else's eyes.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="settings">How it was made.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static async Task<PreflightLine> CheckEncryptionAsync(NpgsqlConnection connection, NpgsqlConnectionStringBuilder settings, CancellationToken cancellationToken) =>
        PreflightRules.Encryption(await DescribeAsync(connection, settings, sameMachine: false, cancellationToken));

    internal async Task<PreflightFacts> ReadAsync(string? to, CancellationToken cancellationToken)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false, ApplicationName = "kyozo db preflight" };
        await using var connection = new NpgsqlConnection(settings.ConnectionString);
        await connection.OpenAsync(cancellationToken);
        // One picture of everything: a migration that runs beside must not be seen half.
        await using var transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, cancellationToken);
        var sql = new PreflightQueries(connection);
        await sql.GiveUpWaitingAsync(cancellationToken);

        await using var db = MigrationCatalog.CreateContext(connection);
        await db.Database.UseTransactionAsync(transaction, cancellationToken);
        var known = db.Database.GetMigrations().Select(id => new MigrationState(id, Applied: false)).ToList();
        var last = to is null ? known[^1] : MigrationCatalog.Find(known, to);
        var applied = (await sql.AppliedAsync(cancellationToken)).ToHashSet();
        var pending = known.Take(known.IndexOf(last) + 1).Where(migration => !applied.Contains(migration.Id)).ToList();
        var local = await LocalServer.FindAsync(connection, cancellationToken);

        return new()
        {
            Now = clock.GetUtcNow(),
            Database = connection.Database,
            Version = await sql.ReadAsync<int>("SELECT current_setting('server_version_num')::int", cancellationToken),
            VersionName = await sql.ReadAsync<string>("SELECT current_setting('server_version')", cancellationToken),
            ReadOnly = await sql.ReadAsync<bool>("SELECT pg_is_in_recovery() OR current_setting('default_transaction_read_only')::bool", cancellationToken),
            Encoding = await sql.ReadAsync<string>("SELECT pg_encoding_to_char(encoding) FROM pg_database WHERE datname = current_database()", cancellationToken),
            Extensions = await sql.ExtensionsAsync(cancellationToken),
            Settings = await sql.SettingsAsync(cancellationToken),
            Rights = await sql.RightsAsync(cancellationToken),
            Connection = await DescribeAsync(connection, settings, local is not null, cancellationToken),
            Pending = [.. pending.Select(migration => migration.Name)],
            Unknown = [.. applied.Except(known.Select(migration => migration.Id)).Order()],
            Collisions = applied.Count > 0 ? [] : await sql.CollisionsAsync([.. db.Model.GetEntityTypes().Select(entity => entity.GetTableName()).OfType<string>().Distinct()], cancellationToken),
            DatabaseBytes = await sql.ReadAsync<long>("SELECT pg_database_size(current_database())", cancellationToken),
            LargestTable = await sql.LargestTableAsync(cancellationToken),
            Disk = local is null ? null : new(local.DataDirectory, local.ReadDisk().FreeBytes, local.ReadDisk().TotalBytes),
            Backup = await sql.BackupAsync(cancellationToken),
            SeesOthers = await sql.ReadAsync<bool>("SELECT pg_has_role('pg_read_all_stats', 'USAGE')", cancellationToken),
            OldTransactions = await sql.OldTransactionsAsync(Old, cancellationToken),
            PreparedTransactions = await sql.ReadAsync<long>("SELECT count(*) FROM pg_prepared_xacts WHERE database = current_database()", cancellationToken),
            Blocked = await sql.BlockedAsync(cancellationToken),
            Locks = await LocksAsync(sql, db, pending, cancellationToken),
            KyozoSessions = await sql.KyozoSessionsAsync(cancellationToken),
            RunningDeployments = await sql.RunningDeploymentsAsync(cancellationToken),
            Standbys = await sql.NamesAsync("SELECT coalesce(nullif(application_name, ''), client_addr::text, 'standby') || ', ' || coalesce(state, 'state not visible') FROM pg_stat_replication", cancellationToken),
            IdleSlots = await sql.NamesAsync("SELECT slot_name::text FROM pg_replication_slots WHERE NOT active", cancellationToken),
        };
    }

    static async Task<IReadOnlyList<LockFact>> LocksAsync(PreflightQueries sql, KyozoContext db, IEnumerable<MigrationState> pending, CancellationToken cancellationToken)
    {
        var locks = new Dictionary<string, LockFact>();
        foreach (var migration in pending)
        {
            foreach (var (table, mode) in LockRisk.Of(MigrationCatalog.UpSql(db, migration.Id)))
            {
                if (locks.TryGetValue(table, out var before))
                {
                    if (mode > before.Mode) locks[table] = before with { Mode = mode, Migration = migration.Name };
                }
                else if (await sql.SizeAsync(table, cancellationToken) is { } bytes)
                {
                    locks[table] = new(table, mode, migration.Name, bytes, []);
                }
            }
        }

        var found = new List<LockFact>();
        foreach (var risk in locks.Values.OrderByDescending(risk => risk.Mode).ThenByDescending(risk => risk.Bytes))
            found.Add(risk with { Holders = await sql.HoldersAsync(risk.Table, risk.Mode, cancellationToken) });
        return found;
    }

    static async Task<ConnectionFact> DescribeAsync(NpgsqlConnection connection, NpgsqlConnectionStringBuilder settings, bool sameMachine, CancellationToken cancellationToken) => new(
        settings.Host ?? "", sameMachine || IsThisMachine(settings.Host),
        await new PreflightQueries(connection).ReadAsync<bool>("SELECT coalesce((SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()), false)", cancellationToken),
        settings.SslMode is SslMode.VerifyCA or SslMode.VerifyFull);

    static bool IsThisMachine(string? host) =>
        string.IsNullOrEmpty(host) || host.StartsWith('/') || host == "localhost" || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));
}
