using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Npgsql;

namespace Kyozo.Data.Schema;

/// <summary>Moves the schema forward and back. It is given an administrator's connection, prepares roles and extensions with it and then works as <c>kyozo_owner</c>; one at a time (SAFETY M31).</summary>
/// <param name="connectionString">Connects as an administrator.</param>
/// <param name="passwords">Password by role (<see cref="DatabaseRoles"/>); roles that are not named keep theirs.</param>
/// <param name="clock">Says for which days partitions are made.</param>
/// <param name="log">Gets one line per step, and lines about what a long step waits for.</param>
public sealed class Migrator(string connectionString, IReadOnlyDictionary<string, string> passwords, TimeProvider clock, Action<string> log)
{
    internal const long LockKey = 0x6b796f7a6f; // "kyozo"

    /// <summary>Target of <see cref="RollbackAsync(string?, CancellationToken)"/> that leaves nothing.</summary>
    public const string Nothing = "0";

    /// <summary>How long one statement may run, waiting for locks included; no limit when it is null.</summary>
    public TimeSpan? StatementTimeout { get; init; }

    /// <summary>How often a running migration is looked at for locks and index builds.</summary>
    public TimeSpan WatchInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Applies what is missing, up to a migration or all; makes the partitions of the next days.</summary>
    /// <returns>What was applied.</returns>
    /// <exception cref="SchemaException">No such migration, or it lies behind: that is a rollback.</exception>
    public async Task<IReadOnlyList<MigrationState>> MigrateAsync(string? to, CancellationToken cancellationToken)
    {
        await using var connection = await OpenAsync(pooling: false, cancellationToken);
        await LockAsync(connection, cancellationToken);
        await ServerPreparation.ApplyAsync(connection, passwords, log, cancellationToken);
        await BecomeOwnerAsync(connection, cancellationToken);

        await using var db = MigrationCatalog.CreateContext(connection);
        var states = await MigrationCatalog.ReadStatesAsync(db, cancellationToken);
        var target = to is null ? states[^1] : MigrationCatalog.Find(states, to);
        var targetIndex = states.IndexOf(target);
        if (targetIndex < IndexOfLastApplied(states)) throw new SchemaException($"The database is already past {target.Name}. To go back: kyozo db rollback --to {target.Name}");

        var missing = states.Take(targetIndex + 1).Where(state => !state.Applied).ToList();
        await RunAsync(connection, db, missing, "applying", migration => migration.Id, cancellationToken);
        await connection.ExecuteHoweverLongAsync($"GRANT SELECT ON {KyozoNpgsql.HistoryTable} TO {string.Join(", ", DatabaseRoles.Logins)}", cancellationToken);

        var partitions = await Partitions.EnsureAsync(connection, clock, cancellationToken);
        if (partitions.Count > 0) log($"made {partitions.Count} daily partitions, the last is {partitions[^1]}");
        return missing;
    }

    /// <summary>Takes back the last migration, or all after the named one; <see cref="Nothing"/> takes back all. What was in dropped tables and columns is lost.</summary>
    /// <exception cref="SchemaException">No such migration, or the database does not have it.</exception>
    public Task<bool> RollbackAsync(string? to, CancellationToken cancellationToken) => RollbackAsync(to, _ => true, cancellationToken);

    /// <summary>The same, after <paramref name="confirm"/> has seen what will be lost. Nobody else migrates in between.</summary>
    /// <returns>False when it was not confirmed: nothing has changed.</returns>
    /// <exception cref="SchemaException">No such migration, or the database does not have it.</exception>
    public async Task<bool> RollbackAsync(string? to, Func<RollbackPlan, bool> confirm, CancellationToken cancellationToken)
    {
        await using var connection = await OpenAsync(pooling: false, cancellationToken);
        await LockAsync(connection, cancellationToken);
        await using var db = MigrationCatalog.CreateContext(connection);
        var states = await MigrationCatalog.ReadStatesAsync(db, cancellationToken);
        var last = IndexOfLastApplied(states);
        if (last < 0) throw new SchemaException("There is nothing to roll back: the database has no migration.");

        var target = to switch
        {
            null => last - 1,
            Nothing => -1,
            _ => states.IndexOf(MigrationCatalog.Find(states, to)),
        };
        if (target > last) throw new SchemaException($"The database does not have {states[target].Name} yet. To go forward: kyozo db migrate --to {states[target].Name}");

        await BecomeOwnerAsync(connection, cancellationToken);
        var back = states.Take(last + 1).Skip(target + 1).Reverse().ToList();
        if (!confirm(await RollbackPlan.ReadAsync(connection, db, back, cancellationToken))) return false;

        await RunAsync(connection, db, back, "taking back", migration => states.IndexOf(migration) is 0 ? Nothing : states[states.IndexOf(migration) - 1].Id, cancellationToken);
        return true;
    }

    /// <summary>All migrations in their order.</summary>
    public async Task<IReadOnlyList<MigrationState>> ReadStatusAsync(CancellationToken cancellationToken)
    {
        await using var connection = await OpenAsync(pooling: true, cancellationToken);
        await using var db = MigrationCatalog.CreateContext(connection);
        return await MigrationCatalog.ReadStatesAsync(db, cancellationToken);
    }

    // One at a time, each in a transaction of its own: whoever is killed leaves whole migrations behind (SAFETY M32).
    async Task RunAsync(NpgsqlConnection connection, KyozoContext db, List<MigrationState> migrations, string verb, Func<MigrationState, string> targetOf, CancellationToken cancellationToken)
    {
        var migrator = db.GetService<IMigrator>();
        foreach (var (index, migration) in migrations.Index())
        {
            log($"{verb} {migration.Name} ({index + 1} of {migrations.Count})");
            await using var watch = new MigrationWatch(connectionString, connection.ProcessID, WatchInterval, clock, line => log($"{migration.Name}: {line}"));
            await migrator.MigrateAsync(targetOf(migration), cancellationToken);
        }
    }

    async Task<NpgsqlConnection> OpenAsync(bool pooling, CancellationToken cancellationToken)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString) { Pooling = pooling };
        if (string.IsNullOrEmpty(settings.ApplicationName)) settings.ApplicationName = "kyozo db migrate";
        var connection = new NpgsqlConnection(settings.ConnectionString);
        await connection.OpenAsync(cancellationToken);
        return connection;
    }

    async Task LockAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var attempt = new NpgsqlCommand($"SELECT pg_try_advisory_lock({LockKey})", connection);
        if (await attempt.ExecuteScalarAsync(cancellationToken) is not true)
        {
            log("another migration is running; waiting for it");
            await using var wait = new NpgsqlCommand($"SELECT pg_advisory_lock({LockKey})", connection) { CommandTimeout = 0 };
            await wait.ExecuteNonQueryAsync(cancellationToken);
        }

        // A limit that a role or the server sets for everybody is not meant for index builds.
        await connection.ExecuteHoweverLongAsync($"SET statement_timeout = {(long)(StatementTimeout ?? TimeSpan.Zero).TotalMilliseconds}", cancellationToken);
    }

    static Task BecomeOwnerAsync(NpgsqlConnection connection, CancellationToken cancellationToken) =>
        connection.ExecuteHoweverLongAsync($"SET ROLE {DatabaseRoles.Owner}", cancellationToken);

    static int IndexOfLastApplied(List<MigrationState> states) => states.FindLastIndex(state => state.Applied);
}
