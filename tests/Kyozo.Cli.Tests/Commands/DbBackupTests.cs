using System.Diagnostics;
using Kyozo.Data;
using Kyozo.Testing;
using Npgsql;

namespace Kyozo.Cli.Tests.Commands;

/// <summary>Backups as a person makes them and brings them back.</summary>
public sealed class DbBackupTests(PostgresFixture postgres) : IAsyncLifetime
{
    static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    readonly string _home = Directory.CreateTempSubdirectory("kyozo-home-").FullName;
    TestDatabase _database = null!;

    static CancellationToken Token => TestContext.Current.CancellationToken;

    string Backups => new KyozoHome(_home).Backups;

    public async ValueTask InitializeAsync() => _database = await postgres.CreateDatabaseAsync(Token);

    [Fact]
    public async Task A_backup_is_made_listed_and_brought_back()
    {
        await A.TeamAsync(_database, Token, "to-be-restored");
        Assert.Contains("backup: there is no backup", (await KyozoAsync("db", "preflight")).Output, StringComparison.Ordinal);
        var made = (await KyozoAsync("db", "backup")).Succeeded();
        Assert.Contains("good: restored and compared", made, StringComparison.Ordinal);
        var file = Assert.Single(Directory.GetFiles(Backups));
        Assert.Contains("good", (await KyozoAsync("db", "backups")).Succeeded(), StringComparison.Ordinal);

        Assert.Contains("backup: the last checked backup is", (await KyozoAsync("db", "preflight")).Output, StringComparison.Ordinal);

        var occupied = await KyozoAsync("db", "restore", file);
        Assert.NotEqual(0, occupied.ExitCode);
        Assert.Contains("not empty", occupied.Error, StringComparison.Ordinal);
        var unasked = await KyozoAsync("db", "restore", file, "--replace");
        Assert.NotEqual(0, unasked.ExitCode);
        Assert.Contains("--yes", unasked.Error, StringComparison.Ordinal);

        await _database.ExecuteAsync("DELETE FROM teams WHERE slug = 'to-be-restored'", Token);
        var restored = (await KyozoAsync("db", "restore", file, "--replace", "--yes")).Succeeded();
        Assert.Contains("is kept as", restored, StringComparison.Ordinal);
        Assert.Equal(1, await _database.ReadAsync<long>("SELECT count(*) FROM teams WHERE slug = 'to-be-restored'", Token));
        (await KyozoAsync("db", "verify")).Succeeded();
    }

    [Fact]
    public async Task A_key_that_is_missing_or_another_is_named_with_the_way_out()
    {
        (await KyozoAsync("db", "backup", "--no-check", "--to", Path.Combine(_home, "mine.kyozobackup"))).Succeeded();
        var key = new KyozoHome(_home).BackupKeyFile;
        var mine = Path.Combine(_home, "copy-of-the-key");
        File.Move(key, mine);

        var missing = await KyozoAsync("db", "restore", Path.Combine(_home, "mine.kyozobackup"), "--into", _database.Name + "_other");
        Assert.Contains($"The backup key {key} is not there", missing.Error, StringComparison.Ordinal);
        await File.WriteAllBytesAsync(key, new byte[32], Token);
        Assert.Contains("another key", (await KyozoAsync("db", "restore", Path.Combine(_home, "mine.kyozobackup"), "--into", _database.Name + "_other")).Error, StringComparison.Ordinal);
        (await KyozoAsync("db", "restore", Path.Combine(_home, "mine.kyozobackup"), "--into", _database.Name + "_other", "--key", mine)).Succeeded();
    }

    [Fact]
    public async Task Killed_while_it_dumps_and_killed_while_it_checks_nothing_looks_like_a_backup_and_the_next_run_tidies_up()
    {
        // Restoring this takes ten minutes anywhere but here.
        await _database.ExecuteAsync($"CREATE TABLE slow (n int CHECK (current_database() = '{_database.Name}' OR pg_sleep(600) IS NOT NULL)); ALTER TABLE slow OWNER TO kyozo_owner; INSERT INTO slow VALUES (1)", Token);
        await _database.ExecuteAsync("SET ROLE kyozo_owner; CREATE TABLE held (n int) PARTITION BY RANGE (n)", Token);
        await using (var blocker = new NpgsqlConnection(_database.Admin))
        {
            await blocker.OpenAsync(Token);
            await using var hold = new NpgsqlCommand("BEGIN; LOCK TABLE held IN ACCESS EXCLUSIVE MODE", blocker);
            await hold.ExecuteNonQueryAsync(Token);
            await KillAsync("pg_dump to wait", "application_name IN ('kyozo pg_dump', 'pg_dump') AND wait_event_type = 'Lock'");
        }

        await KillAsync("the restore to sleep", $"starts_with(datname, '{_database.Name}_check_') AND wait_event = 'PgSleep'");
        Assert.All(Directory.EnumerateFiles(Backups), file => Assert.EndsWith(".part", file, StringComparison.Ordinal));
        Assert.Equal(1, await _database.ReadAsync<long>($"SELECT count(*) FROM pg_database WHERE starts_with(datname, '{_database.Name}_check_')", Token));

        await _database.ExecuteAsync("DROP TABLE slow", Token);
        Assert.Contains("which an interrupted check had left", (await KyozoAsync("db", "backup")).Succeeded(), StringComparison.Ordinal);
        Assert.EndsWith(".kyozobackup", Assert.Single(Directory.EnumerateFiles(Backups)), StringComparison.Ordinal);
        Assert.Equal(0, await _database.ReadAsync<long>($"SELECT count(*) FROM pg_database WHERE starts_with(datname, '{_database.Name}_check_')", Token));
        Assert.Equal(2, await _database.ReadAsync<long>("SELECT count(*) FROM backups WHERE status = 'failed' AND outcome = 'Its program ended before it did.'", Token));
    }

    [Fact]
    public async Task Stats_are_for_people_and_for_programs()
    {
        var text = (await KyozoAsync("db", "stats")).Succeeded();
        Assert.Contains("Partitions", text, StringComparison.Ordinal);
        Assert.Contains("deployment_events", text, StringComparison.Ordinal);

        var json = System.Text.Json.JsonDocument.Parse((await KyozoAsync("db", "stats", "--json")).Succeeded()).RootElement;
        Assert.Contains(json.GetProperty("tables").EnumerateArray(), table => table.GetProperty("table").GetString() == "service_instances");
        Assert.True(json.GetProperty("connections").GetProperty("limit").GetInt32() > 0);
    }

    public async ValueTask DisposeAsync()
    {
        await using (var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(_database.Admin) { Database = "postgres" }.ConnectionString))
        {
            await connection.OpenAsync();
            await using var find = new NpgsqlCommand($"SELECT coalesce(array_agg(datname::text), ARRAY[]::text[]) FROM pg_database WHERE starts_with(datname, '{_database.Name}_')", connection);
            foreach (var name in (string[])(await find.ExecuteScalarAsync())!)
            {
                await using var drop = new NpgsqlCommand($"DROP DATABASE \"{name}\" WITH (FORCE)", connection);
                await drop.ExecuteNonQueryAsync();
            }
        }

        await _database.DisposeAsync();
        Directory.Delete(_home, recursive: true);
    }

    // SIGKILL, once PostgreSQL shows that it is where it should be.
    async Task KillAsync(string where, string activity)
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "kyozo"), ["db", "backup"]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in Environment()) start.Environment[name] = value;
        using var kyozo = Process.Start(start)!;
        await Eventually.TrueAsync(where, Soon, async () => await _database.ReadAsync<long>($"SELECT count(*) FROM pg_stat_activity WHERE {activity}", Token) > 0, Token);
        kyozo.Kill();
        await kyozo.WaitForExitAsync(Token);

        // Its session ends with it, and the lock of backups with that.
        await Eventually.TrueAsync("its sessions to end", Soon, async () => await _database.ReadAsync<long>("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())", Token) == 0, Token);
    }

    Dictionary<string, string?> Environment() => new()
    {
        ["KYOZO_HOME"] = _home,
        ["ConnectionStrings__kyozodb_admin"] = null,
        ["ConnectionStrings__kyozodb"] = _database.Admin,
        ["ConnectionStrings__kyozodb_backup"] = _database.Backup,
    };

    Task<CommandResult> KyozoAsync(params string[] arguments) =>
        Command.RunAsync(Path.Combine(AppContext.BaseDirectory, "kyozo"), arguments, Token, Environment(), Path.GetTempPath());
}
