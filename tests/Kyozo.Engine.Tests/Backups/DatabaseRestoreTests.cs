using Kyozo.Data;
using Kyozo.Data.Schema;
using Kyozo.Data.Tenancy;
using Kyozo.Engine.Backups;
using Kyozo.Engine.Secrets;
using Kyozo.Testing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Kyozo.Engine.Tests.Backups;

public sealed class DatabaseRestoreTests(PostgresFixture postgres) : IAsyncLifetime
{
    BackupBench _bench = null!;

    static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _bench = await BackupBench.StartAsync(postgres, Stop);

    public async ValueTask DisposeAsync() => await _bench.DisposeAsync();

    [Fact]
    public async Task What_comes_back_is_the_same_row_for_row_with_its_walls_its_trail_and_its_secrets()
    {
        await WithStoreAsync(_bench.Database.Worker, store => store.WriteAsync(new(WellKnown.Operator, _bench.Service.TeamId), _bench.Service.Id, "TOKEN", "tea-4-two", Stop));
        var before = await BackupBench.HashesAsync(_bench.Database.Admin, Stop);
        var backup = await _bench.BackUpAsync(Stop);
        var other = _bench.OtherDatabase();

        var done = await _bench.Restore().RunAsync(backup.File!, _bench.Key, other, replace: false, Stop);

        Assert.Null(done.FormerDatabase);
        var after = await BackupBench.HashesAsync(_bench.Admin(other), Stop);
        // The backup's own row was open when it was dumped, and the restore is a line of the audit trail.
        string[] told = ["backups", "audit_events", "audit_heads"];
        Assert.Equal(before.Where(table => !told.Contains(table.Key)), after.Where(table => !told.Contains(table.Key)));

        Assert.DoesNotContain(await new SchemaVerifier(_bench.Admin(other), TimeProvider.System).VerifyAsync(Stop), item => item.Fault is not null);
        const string events = "SELECT count(*) FROM deployment_events";
        Assert.Equal(await _bench.Database.ReadAsync<long>(events, Stop), await ReadAsync(_bench.Admin(other), events));
        Assert.Equal(0L, await ReadAsync(_bench.Admin(other),
            """
            SELECT count(*) FROM (SELECT e.hash <> deployment_event_hash(coalesce(lag(e.hash) OVER (PARTITION BY e.service_instance_id ORDER BY e.sequence_num), ''), e) AS broken FROM deployment_events e) chain WHERE broken
            """));
        var portal = new NpgsqlConnectionStringBuilder(_bench.Database.Portal) { Database = other, Pooling = false }.ConnectionString;
        Assert.Equal(0L, await ReadAsync(portal, "SELECT count(*) FROM deployment_events"));

        await WithStoreAsync(new NpgsqlConnectionStringBuilder(_bench.Database.Worker) { Database = other }.ConnectionString, async store =>
            Assert.Equal("tea-4-two", (await store.ReadAsync(_bench.Service.WorkspaceId, Stop))[_bench.Service.Id]["TOKEN"]));
    }

    [Fact]
    public async Task The_trail_goes_on_where_it_was()
    {
        var backup = await _bench.BackUpAsync(Stop, check: false);
        var other = _bench.OtherDatabase();
        await _bench.Restore().RunAsync(backup.File!, _bench.Key, other, replace: false, Stop);

        Assert.Equal(21L, await ReadAsync(_bench.Admin(other), $"SELECT append_event('{A.Id()}', '{_bench.Service.TeamId}', '{_bench.Service.Id}', 'service_stopped', '{{}}')"));
    }

    [Fact]
    public async Task A_database_that_holds_something_is_replaced_only_when_told_and_then_kept()
    {
        var backup = await _bench.BackUpAsync(Stop, check: false);
        var other = _bench.OtherDatabase();
        await _bench.Database.ExecuteAsync($"CREATE DATABASE \"{other}\"", Stop);
        Assert.False(await _bench.Restore().HoldsSomethingAsync(other, Stop));
        await ReadAsync(_bench.Admin(other), "CREATE TABLE notes AS SELECT 'precious' AS text");

        var refused = await Assert.ThrowsAsync<BackupException>(() => _bench.Restore().RunAsync(backup.File!, _bench.Key, other, replace: false, Stop));
        Assert.Contains("not empty", refused.Message, StringComparison.Ordinal);
        Assert.Equal("precious", await ReadAsync(_bench.Admin(other), "SELECT text FROM notes"));

        // Somebody who is connected is shown out.
        await using var connected = new NpgsqlConnection(_bench.Admin(other));
        await connected.OpenAsync(Stop);
        var done = await _bench.Restore().RunAsync(backup.File!, _bench.Key, other, replace: true, Stop);

        Assert.Equal(20L, await ReadAsync(_bench.Admin(other), "SELECT count(*) FROM deployment_events"));
        await _bench.Database.ExecuteAsync($"ALTER DATABASE \"{done.FormerDatabase}\" ALLOW_CONNECTIONS true", Stop);
        Assert.Equal("precious", await ReadAsync(_bench.Admin(done.FormerDatabase!), "SELECT text FROM notes"));
    }

    [Fact]
    public async Task An_empty_database_is_filled_and_what_an_interrupted_restore_left_is_dropped()
    {
        var backup = await _bench.BackUpAsync(Stop, check: false);
        var other = _bench.OtherDatabase();
        await _bench.Database.ExecuteAsync($"CREATE DATABASE \"{other}\"", Stop);
        await _bench.Database.ExecuteAsync($"CREATE DATABASE \"{other}_restoring_0123abcd\"", Stop);

        Assert.Null((await _bench.Restore().RunAsync(backup.File!, _bench.Key, other, replace: false, Stop)).FormerDatabase);
        Assert.Equal(20L, await ReadAsync(_bench.Admin(other), "SELECT count(*) FROM deployment_events"));
        Assert.Equal(1L, await _bench.Database.ReadAsync<long>($"SELECT count(*) FROM pg_database WHERE starts_with(datname, '{other}')", Stop));
    }

    [Fact]
    public async Task Without_room_nothing_is_begun()
    {
        var backup = await _bench.BackUpAsync(Stop, check: false);
        var other = _bench.OtherDatabase();

        var refused = await Assert.ThrowsAsync<BackupException>(() => _bench.Restore(BackupBench.NoRoom).RunAsync(backup.File!, _bench.Key, other, replace: false, Stop));

        Assert.Contains("not begun: it needs about", refused.Message, StringComparison.Ordinal);
        Assert.Equal(0L, await _bench.Database.ReadAsync<long>($"SELECT count(*) FROM pg_database WHERE starts_with(datname, '{other}')", Stop));
    }

    [Theory]
    [InlineData("flipped")]
    [InlineData("cut off")]
    [InlineData("wrong key")]
    [InlineData("other file")]
    public async Task A_file_that_is_not_whole_or_not_ours_is_refused_before_anything_is_touched(string fault)
    {
        var backup = await _bench.BackUpAsync(Stop, check: false);
        var bytes = await File.ReadAllBytesAsync(backup.File!, Stop);
        var key = _bench.Key;
        switch (fault)
        {
            case "flipped": bytes[^20] ^= 1; break;
            case "cut off": bytes = bytes[..^100]; break;
            case "wrong key": key = BackupKey.Of(new KyozoHome(Path.Combine(_bench.Home.Root, "another"))); break;
            default: bytes = "PGDMP, but no backup of Kyozo, and long enough to be one of those that could be read"u8.ToArray(); break;
        }

        var changed = Path.Combine(_bench.Home.Root, "changed.kyozobackup");
        await File.WriteAllBytesAsync(changed, bytes, Stop);
        var other = _bench.OtherDatabase();

        await Assert.ThrowsAsync<BackupException>(() => _bench.Restore().RunAsync(changed, key, other, replace: true, Stop));

        Assert.Equal(0L, await _bench.Database.ReadAsync<long>($"SELECT count(*) FROM pg_database WHERE starts_with(datname, '{other}')", Stop));
    }

    static async Task<object?> ReadAsync(string connectionString, string sql)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false }.ConnectionString);
        await connection.OpenAsync(Stop);
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(Stop);
    }

    async Task WithStoreAsync(string worker, Func<SecretStore, Task> use)
    {
        await using var services = _bench.Database.BuildServices(worker);
        await use(ActivatorUtilities.CreateInstance<SecretStore>(services, _bench.Home));
    }
}
