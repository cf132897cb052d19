using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Npgsql;

namespace Kyozo.Data.Schema;

/// <summary>One migration and whether the database has it.</summary>
/// <param name="Id">Its full name, <c>20261123000004_CreateDeploymentEvents</c>.</param>
/// <param name="Applied">True when the database has it.</param>
public sealed record MigrationState(string Id, bool Applied)
{
    /// <summary>The name without its number.</summary>
    public string Name => Id[(Id.IndexOf('_') + 1)..];
}

/// <summary>Moves the schema forward and back. It is given an administrator's connection, prepares roles and extensions with it and then works as <c>kyozo_owner</c>; one at a time (SAFETY M31).</summary>
/// <param name="connectionString">Connects as an administrator.</param>
/// <param name="passwords">Password by role (<see cref="DatabaseRoles"/>); roles that are not named keep theirs.</param>
/// <param name="clock">Says for which days partitions are made.</param>
/// <param name="log">Gets one line per step.</param>
public sealed class Migrator(string connectionString, IReadOnlyDictionary<string, string> passwords, TimeProvider clock, Action<string> log)
{
    const long LockKey = 0x6b796f7a6f; // "kyozo"

    /// <summary>Target of <see cref="RollbackAsync"/> that leaves nothing.</summary>
    public const string Nothing = "0";

    /// <summary>Applies what is missing, up to a migration or all; makes the partitions of the next days.</summary>
    /// <exception cref="SchemaException">No such migration, or it lies behind: that is a rollback.</exception>
    public async Task MigrateAsync(string? to, CancellationToken cancellationToken)
    {
        await using var connection = await OpenAsync(pooling: false, cancellationToken);
        await LockAsync(connection, cancellationToken);
        await ServerPreparation.ApplyAsync(connection, passwords, log, cancellationToken);
        await BecomeOwnerAsync(connection, cancellationToken);

        await using var db = CreateContext(connection);
        var states = await ReadStatesAsync(db, cancellationToken);
        var target = to is null ? states[^1] : Find(states, to);
        var last = IndexOfLastApplied(states);
        var targetIndex = states.IndexOf(target);
        if (targetIndex < last) throw new SchemaException($"The database is already past {target.Name}. To go back: kyozo db rollback --to {target.Name}");

        foreach (var migration in states.Take(targetIndex + 1).Where(state => !state.Applied)) log($"applying {migration.Name}");
        await db.GetService<IMigrator>().MigrateAsync(to is null ? null : target.Id, cancellationToken);
        await ExecuteAsync(connection, $"GRANT SELECT ON {KyozoNpgsql.HistoryTable} TO {string.Join(", ", DatabaseRoles.Logins)}", cancellationToken);

        var partitions = await Partitions.EnsureAsync(connection, clock, cancellationToken);
        if (partitions.Count > 0) log($"made {partitions.Count} daily partitions, the last is {partitions[^1]}");
    }

    /// <summary>Takes back the last migration, or all after the named one; <see cref="Nothing"/> takes back all.</summary>
    /// <exception cref="SchemaException">No such migration, or the database does not have it.</exception>
    public async Task RollbackAsync(string? to, CancellationToken cancellationToken)
    {
        await using var connection = await OpenAsync(pooling: false, cancellationToken);
        await LockAsync(connection, cancellationToken);
        await BecomeOwnerAsync(connection, cancellationToken);

        await using var db = CreateContext(connection);
        var states = await ReadStatesAsync(db, cancellationToken);
        var last = IndexOfLastApplied(states);
        if (last < 0) throw new SchemaException("There is nothing to roll back: the database has no migration.");

        var target = to switch
        {
            null => last - 1,
            Nothing => -1,
            _ => states.IndexOf(Find(states, to)),
        };
        if (target > last) throw new SchemaException($"The database does not have {states[target].Name} yet. To go forward: kyozo db migrate --to {states[target].Name}");

        foreach (var migration in states.Take(last + 1).Skip(target + 1).Reverse()) log($"taking back {migration.Name}");
        await db.GetService<IMigrator>().MigrateAsync(target < 0 ? Nothing : states[target].Id, cancellationToken);
    }

    /// <summary>All migrations in their order.</summary>
    public async Task<IReadOnlyList<MigrationState>> ReadStatusAsync(CancellationToken cancellationToken)
    {
        await using var connection = await OpenAsync(pooling: true, cancellationToken);
        await using var db = CreateContext(connection);
        return await ReadStatesAsync(db, cancellationToken);
    }

    async Task<NpgsqlConnection> OpenAsync(bool pooling, CancellationToken cancellationToken)
    {
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = pooling }.ConnectionString);
        await connection.OpenAsync(cancellationToken);
        return connection;
    }

    async Task LockAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var attempt = new NpgsqlCommand($"SELECT pg_try_advisory_lock({LockKey})", connection);
        if (await attempt.ExecuteScalarAsync(cancellationToken) is true) return;
        log("another migration is running; waiting for it");
        await using var wait = new NpgsqlCommand($"SELECT pg_advisory_lock({LockKey})", connection) { CommandTimeout = 0 };
        await wait.ExecuteNonQueryAsync(cancellationToken);
    }

    static Task BecomeOwnerAsync(NpgsqlConnection connection, CancellationToken cancellationToken) =>
        ExecuteAsync(connection, $"SET ROLE {DatabaseRoles.Owner}", cancellationToken);

    static KyozoContext CreateContext(NpgsqlConnection connection)
    {
        var options = new DbContextOptionsBuilder<KyozoContext>().UseNpgsql(connection, npgsql =>
        {
            KyozoNpgsql.Configure(npgsql);
            npgsql.CommandTimeout(0);
        });
        KyozoContext.Configure(options);
        return new KyozoContext(options.Options);
    }

    static async Task<List<MigrationState>> ReadStatesAsync(KyozoContext db, CancellationToken cancellationToken)
    {
        var applied = (await db.Database.GetAppliedMigrationsAsync(cancellationToken)).ToHashSet();
        return [.. db.Database.GetMigrations().Select(id => new MigrationState(id, applied.Contains(id)))];
    }

    static MigrationState Find(List<MigrationState> states, string name) =>
        states.Find(state => state.Id == name || state.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
        ?? throw new SchemaException($"There is no migration '{name}'. `kyozo db status` lists them.");

    static int IndexOfLastApplied(List<MigrationState> states) => states.FindLastIndex(state => state.Applied);

    static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
