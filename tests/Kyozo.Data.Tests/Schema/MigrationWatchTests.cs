using System.Collections.Concurrent;
using Kyozo.Data.Schema;
using Kyozo.Testing;
using Npgsql;

namespace Kyozo.Data.Tests.Schema;

/// <summary>What a person who waits for a migration is told.</summary>
public sealed class MigrationWatchTests(PostgresFixture postgres)
{
    static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);
    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_migration_that_waits_for_a_lock_names_who_holds_it()
    {
        await using var database = await postgres.CreateEmptyDatabaseAsync(Token);
        var lines = new ConcurrentQueue<string>();
        var migrator = new Migrator(database.Admin, PostgresFixture.Passwords, TimeProvider.System, lines.Enqueue) { WatchInterval = TimeSpan.FromMilliseconds(50) };
        await migrator.MigrateAsync("CreateServicePermissions", Token);

        await using var other = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(database.Admin) { ApplicationName = "a careless session", Pooling = false }.ConnectionString);
        await other.OpenAsync(Token);
        await using var transaction = await other.BeginTransactionAsync(Token);
        await using (var reading = new NpgsqlCommand("SELECT count(*) FROM workspaces", other, transaction)) await reading.ExecuteNonQueryAsync(Token);

        var migrating = migrator.MigrateAsync("AddContainerFieldsToWorkspaces", Token);
        var line = await Eventually.GetAsync("a line about the lock", Soon, () => Task.FromResult(lines.FirstOrDefault(line => line.Contains("waits for a lock", StringComparison.Ordinal))), Token);
        Assert.Contains($"; waits for a lock of process {other.ProcessID} (", line, StringComparison.Ordinal);
        Assert.Contains("a careless session, idle in transaction", line, StringComparison.Ordinal);
        Assert.Contains("SELECT count(*) FROM workspaces", line, StringComparison.Ordinal);

        await transaction.RollbackAsync(Token);
        Assert.Equal("AddContainerFieldsToWorkspaces", Assert.Single(await migrating).Name);
    }

    [Fact]
    public async Task A_statement_that_takes_longer_than_allowed_is_ended_and_nothing_of_it_stays()
    {
        await using var database = await postgres.CreateEmptyDatabaseAsync(Token);
        var migrator = new Migrator(database.Admin, PostgresFixture.Passwords, TimeProvider.System, _ => { }) { StatementTimeout = TimeSpan.FromMilliseconds(200) };
        await migrator.MigrateAsync("CreateServicePermissions", Token);
        var before = await PgDump.SchemaAsync(database, Token);

        await using (var other = new NpgsqlConnection(database.Admin))
        {
            await other.OpenAsync(Token);
            await using var transaction = await other.BeginTransactionAsync(Token);
            await using (var reading = new NpgsqlCommand("SELECT count(*) FROM workspaces", other, transaction)) await reading.ExecuteNonQueryAsync(Token);
            var refused = await Assert.ThrowsAsync<PostgresException>(() => migrator.MigrateAsync("AddContainerFieldsToWorkspaces", Token));
            Assert.Equal(PostgresErrorCodes.QueryCanceled, refused.SqlState);
        }

        Assert.Equal(before, await PgDump.SchemaAsync(database, Token));
        await migrator.MigrateAsync("AddContainerFieldsToWorkspaces", Token);
    }

    [Fact]
    public async Task The_building_of_an_index_is_told_with_its_phase_and_what_it_waits_for()
    {
        await using var database = await postgres.CreateDatabaseAsync(Token);
        var lines = new ConcurrentQueue<string>();
        await database.ExecuteAsync("CREATE TABLE large AS SELECT i FROM generate_series(1, 1000) i", Token);

        // Another transaction keeps a concurrent build waiting in a phase that is well known.
        await using var other = new NpgsqlConnection(database.Admin);
        await other.OpenAsync(Token);
        await using var transaction = await other.BeginTransactionAsync(Token);
        await using (var writing = new NpgsqlCommand("INSERT INTO large VALUES (0)", other, transaction)) await writing.ExecuteNonQueryAsync(Token);

        await using var building = new NpgsqlConnection(database.Admin);
        await building.OpenAsync(Token);
        await using var create = new NpgsqlCommand("CREATE INDEX CONCURRENTLY ix_large ON large (i)", building);
        var built = create.ExecuteNonQueryAsync(Token);
        await using (new MigrationWatch(database.Admin, building.ProcessID, TimeSpan.FromMilliseconds(50), TimeProvider.System, lines.Enqueue))
        {
            await Eventually.TrueAsync(
                "a line about the index", Soon,
                () => Task.FromResult(lines.Any(line => line.StartsWith($"index ix_large on large: waiting for writers before build; waits for a lock of process {other.ProcessID}", StringComparison.Ordinal))), Token);
        }

        await transaction.CommitAsync(Token);
        await built;
    }
}
