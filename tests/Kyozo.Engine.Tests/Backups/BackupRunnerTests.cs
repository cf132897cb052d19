using System.Text;
using Kyozo.Data.Backups;
using Kyozo.Data.Schema;
using Kyozo.Data.Tenancy;
using Kyozo.Engine.Backups;
using Kyozo.Engine.Retention;
using Kyozo.Testing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Kyozo.Engine.Tests.Backups;

public sealed class BackupRunnerTests(PostgresFixture postgres) : IAsyncLifetime
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    BackupBench _bench = null!;

    static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _bench = await BackupBench.StartAsync(postgres, Stop);

    public async ValueTask DisposeAsync() => await _bench.DisposeAsync();

    [Fact]
    public async Task A_backup_is_good_when_what_is_restored_from_it_is_the_original_and_books_and_trail_say_so()
    {
        var done = await _bench.BackUpAsync(Stop);

        Assert.Null(done.Problem);
        Assert.Equal(BackupStatus.Good, done.Status);
        Assert.Equal([Path.GetFileName(done.File)!], _bench.Files());
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(done.File!));
        Assert.Equal(0, await _bench.ScratchesAsync(Stop));

        await using var db = _bench.Database.OpenAsAdmin();
        var row = await db.Backups.SingleAsync(Stop);
        Assert.Equal((done.Id, BackupStatus.Good, done.File, new FileInfo(done.File!).Length), (row.Id, row.Status, row.File, row.SizeBytes!.Value));
        Assert.NotNull(row.CheckedAt);
        Assert.Equal(SchemaVersion.Known[^1], row.SchemaVersion);
        Assert.Equal(20, row.RowCounts!.Where(table => table.Key.StartsWith("public.deployment_events_", StringComparison.Ordinal)).Sum(table => table.Value));
        var line = await db.AuditEvents.SingleAsync(e => e.Action == "backup_good", Stop);
        Assert.Equal((WellKnown.DefaultTeam, (Guid?)done.Id), (line.TeamId, line.TargetId));
    }

    [Fact]
    public async Task Nothing_of_the_database_can_be_read_in_the_file()
    {
        var done = await _bench.BackUpAsync(Stop, check: false);

        var text = Encoding.Latin1.GetString(await File.ReadAllBytesAsync(done.File!, Stop));
        Assert.DoesNotContain("PGDMP", text, StringComparison.Ordinal);
        Assert.DoesNotContain("deployment_events", text, StringComparison.Ordinal);
        Assert.DoesNotContain("plain-text-1", text, StringComparison.Ordinal);
        Assert.Equal(BackupStatus.Unchecked, done.Status);
        Assert.EndsWith(".unchecked.kyozobackup", done.File, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_that_cannot_be_restored_is_not_good_kept_aside_and_told()
    {
        var before = await _bench.BackUpAsync(Stop);
        // The dump leaves the schema of the extension out, and what stands on it cannot be made without it.
        await _bench.Database.ExecuteAsync("CREATE FUNCTION monitoring.two() RETURNS int LANGUAGE sql AS 'SELECT 2'; SET ROLE kyozo_owner; CREATE TABLE odd (n int DEFAULT monitoring.two())", Stop);

        var done = await _bench.BackUpAsync(Stop);

        Assert.Equal(BackupStatus.Damaged, done.Status);
        Assert.Contains("monitoring", done.Problem, StringComparison.Ordinal);
        Assert.Equal([Path.GetFileName(before.File)!, Path.Combine("damaged", Path.GetFileName(done.File)!)], _bench.Files().OrderBy(file => file.Contains('/')));
        Assert.Equal(0, await _bench.ScratchesAsync(Stop));
        await using var db = _bench.Database.OpenAsAdmin();
        Assert.Equal(done.Problem, (await db.Backups.SingleAsync(backup => backup.Id == done.Id, Stop)).Outcome);
        Assert.True(await db.AuditEvents.AnyAsync(e => e.Action == "backup_damaged" && e.TargetId == done.Id, Stop));
    }

    [Fact]
    public async Task A_dump_that_fails_leaves_no_file_and_says_why()
    {
        await _bench.Database.ExecuteAsync($"REVOKE CONNECT ON DATABASE {_bench.Database.Name} FROM PUBLIC, kyozo_backup; GRANT CONNECT ON DATABASE {_bench.Database.Name} TO kyozo_maintenance", Stop);

        var refused = await Assert.ThrowsAsync<BackupException>(() => _bench.BackUpAsync(Stop));

        Assert.Contains("permission denied", refused.Message, StringComparison.Ordinal);
        Assert.Empty(_bench.Files());
        await using var db = _bench.Database.OpenAsAdmin();
        Assert.Equal(BackupStatus.Failed, (await db.Backups.SingleAsync(Stop)).Status);
        Assert.True(await db.AuditEvents.AnyAsync(e => e.Action == "backup_failed", Stop));
    }

    [Fact]
    public async Task Without_room_it_is_not_begun_and_the_disk_is_named()
    {
        var refused = await Assert.ThrowsAsync<BackupException>(() => _bench.Runner(BackupBench.NoRoom).RunAsync(new(null, Check: true, "tests"), _ => { }, Stop));

        Assert.Matches($"needs about [0-9]+ MiB on the disk of {_bench.Home.Backups}, .+ but [0-9]+ .iB are free", refused.Message);
        Assert.Empty(_bench.Files());
        await using var db = _bench.Database.OpenAsAdmin();
        Assert.Equal(refused.Message, (await db.Backups.SingleAsync(Stop)).Outcome);
    }

    [Fact]
    public async Task Without_room_to_restore_it_a_backup_is_kept_unchecked_and_says_so()
    {
        var made = await _bench.BackUpAsync(Stop, check: false);

        var check = await new BackupCheck(new(_bench.Database.Backup, null, _bench.Database.Maintenance), _bench.Key, BackupBench.NoRoom).RunAsync(made.File!, Stop);

        Assert.False(check.Possible);
        Assert.Matches("not checked, for want of room .+ on the disk of /", check.Problem);
        Assert.Equal(0, await _bench.ScratchesAsync(Stop));
    }

    [Fact]
    public async Task Rotation_removes_files_and_notes_it_in_their_rows()
    {
        var day = new DateTimeOffset(2026, 3, 1, 2, 30, 0, TimeSpan.Zero);
        var options = new BackupOptions { KeepDaily = 2, KeepWeekly = 0, KeepMonthly = 0 };
        var made = new List<BackupDone>();
        for (var age = 0; age < 3; age++) made.Add(await _bench.Runner(options, new At(day.AddDays(age))).RunAsync(new(null, Check: true, "tests"), _ => { }, Stop));

        Assert.Equal([made[0].File!], made[2].Removed);
        Assert.Equal(made.Skip(1).Select(done => Path.GetFileName(done.File)), _bench.Files());
        await using var db = _bench.Database.OpenAsAdmin();
        Assert.Equal([true, false, false], await db.Backups.OrderBy(backup => backup.StartedAt).Select(backup => backup.RemovedAt != null).ToListAsync(Stop));
    }

    [Fact]
    public async Task Two_at_once_are_one()
    {
        await using var blocker = await BlockAsync();
        var first = _bench.BackUpAsync(Stop);
        await DumpWaitsAsync();

        var second = await Assert.ThrowsAsync<BackupException>(() => _bench.BackUpAsync(Stop));
        await blocker.DisposeAsync();

        Assert.Contains("Another backup", second.Message, StringComparison.Ordinal);
        Assert.Equal(BackupStatus.Good, (await first).Status);
    }

    [Fact]
    public async Task A_backup_and_an_archival_exclude_each_other()
    {
        var later = new At(TimeProvider.System.GetUtcNow().AddDays(200));
        var archiver = new Archiver(_bench.Maintenance, new Rollup(_bench.Maintenance, later), Options.Create(new RetentionOptions()), [], later);
        await using (await BlockAsync())
        {
            var backup = _bench.BackUpAsync(Stop);
            await DumpWaitsAsync();
            Assert.Null(await archiver.RunAsync(Stop));
            await _bench.Database.ExecuteAsync("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name IN ('kyozo pg_dump', 'pg_dump') AND datname = current_database()", Stop);
            await Assert.ThrowsAsync<BackupException>(() => backup);
        }

        await using var session = await _bench.Maintenance.OpenAsync(Stop);
        await using var archival = await DatabaseLocks.TryTakeAsync(session, DatabaseLocks.Retention, Stop);
        var refused = await Assert.ThrowsAsync<BackupException>(() =>
            _bench.Runner(new BackupOptions { Patience = TimeSpan.Zero }).RunAsync(new(null, Check: false, "tests"), _ => { }, Stop));
        Assert.Contains("archival", refused.Message, StringComparison.Ordinal);
        Assert.Empty(_bench.Files());
    }

    [Fact]
    public async Task Stopped_in_the_middle_it_leaves_nothing()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        await using var blocker = await BlockAsync();
        var backup = _bench.BackUpAsync(stop.Token);
        await DumpWaitsAsync();

        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => backup);

        Assert.Empty(_bench.Files());
        await Eventually.TrueAsync("pg_dump to be gone", Patience, async () => await DumpsAsync("") == 0, Stop);
        await using var db = _bench.Database.OpenAsAdmin();
        Assert.Equal("Stopped.", (await db.Backups.SingleAsync(Stop)).Outcome);
    }

    [Fact]
    public async Task Without_the_right_to_pass_policies_it_dumps_everything_by_its_own_policies_or_nothing()
    {
        // Membership gives the policies and the reading, not the attribute: as on a server where nobody may grant it.
        var role = $"bound_{_bench.Database.Name}";
        await _bench.Database.ExecuteAsync($"CREATE ROLE {role} LOGIN PASSWORD 'only-for-tests' IN ROLE kyozo_backup", Stop);
        try
        {
            var bound = new NpgsqlConnectionStringBuilder(_bench.Database.Backup) { Username = role, Password = "only-for-tests", Pooling = false }.ConnectionString;

            var done = await _bench.Runner(dump: bound).RunAsync(new(null, Check: true, "tests"), _ => { }, Stop);
            Assert.Equal((BackupStatus.Good, (string?)null), (done.Status, done.Problem));
            await using var db = _bench.Database.OpenAsAdmin();
            Assert.Equal(20, (await db.Backups.SingleAsync(Stop)).RowCounts!.Where(table => table.Key.StartsWith("public.deployment_events_", StringComparison.Ordinal)).Sum(table => table.Value));

            await _bench.Database.ExecuteAsync("DROP POLICY backup ON secrets", Stop);
            var refused = await Assert.ThrowsAsync<BackupException>(() => _bench.Runner(dump: bound).RunAsync(new(null, Check: true, "tests"), _ => { }, Stop));
            Assert.Contains("cannot see all rows of secrets", refused.Message, StringComparison.Ordinal);
        }
        finally
        {
            await _bench.Database.ExecuteAsync($"DROP ROLE {role}", CancellationToken.None);
        }
    }

    // pg_dump locks every table before it reads the first; what is read before it starts, counts and definitions, takes no lock on a parent without either.
    async Task<NpgsqlConnection> BlockAsync()
    {
        await _bench.Database.ExecuteAsync("SET ROLE kyozo_owner; CREATE TABLE held (n int) PARTITION BY RANGE (n)", Stop);
        var connection = new NpgsqlConnection(_bench.Database.Admin);
        await connection.OpenAsync(Stop);
        await using var command = new NpgsqlCommand("BEGIN; LOCK TABLE held IN ACCESS EXCLUSIVE MODE", connection);
        await command.ExecuteNonQueryAsync(Stop);
        return connection;
    }

    Task DumpWaitsAsync() => Eventually.TrueAsync("pg_dump to wait for a lock", Patience, async () => await DumpsAsync(" AND wait_event_type = 'Lock'") == 1, Stop);

    Task<long> DumpsAsync(string and) =>
        _bench.Database.ReadAsync<long>($"SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name IN ('kyozo pg_dump', 'pg_dump'){and}", Stop);

    sealed class At(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
