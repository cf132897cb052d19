using Kyozo.Data.Events;
using Kyozo.Engine.Events;
using Kyozo.Engine.Retention;
using Kyozo.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Kyozo.Engine.Tests.Events;

public sealed class AnchorTests(PostgresFixture postgres)
{
    static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_honest_trail_is_whole_and_only_chains_that_grew_are_anchored()
    {
        await using var trail = await Trail.WrittenAsync(postgres);

        var report = await trail.VerifyAsync();
        Assert.True(report.IsWhole);
        Assert.Equal((3, 18, 4, 3), (report.Chains, report.Rows, report.Anchors, report.RowsAfterLastAnchor));
        Assert.Empty(report.Notes);

        Assert.Equal(2, (await trail.Writer.RunAsync(Stop)).Anchored);
        Assert.Equal(0, (await trail.Writer.RunAsync(Stop)).Anchored);
        Assert.Equal(0, (await trail.VerifyAsync()).RowsAfterLastAnchor);
    }

    [Fact]
    public async Task A_long_chain_gets_several_anchors_and_each_row_its_mark()
    {
        await using var trail = await Trail.EmptyAsync(postgres);
        await trail.AppendAsync(trail.Web, AuditAnchor.MaxRows + 10);

        Assert.Equal(2, (await trail.Writer.RunAsync(Stop)).Anchored);

        Assert.True((await trail.VerifyAsync()).IsWhole);
        await trail.TamperAsync("UPDATE deployment_events SET error_message = 'x' WHERE sequence_num = 4099; " + Trail.Rehash);
        Assert.Equal((TrailFaultKind.AnchorDisagrees, 4099), ((await trail.VerifyAsync()).First!.Kind, (await trail.VerifyAsync()).First!.SequenceNum));
    }

    [Fact]
    public async Task Key_and_file_are_the_workers_alone_and_the_key_is_nowhere_in_the_database()
    {
        await using var trail = await Trail.WrittenAsync(postgres);

        foreach (var path in new[] { trail.Home.AnchorKeyFile, trail.Home.AnchorFile }) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, System.IO.File.GetUnixFileMode(path));
        Assert.Equal(32, new FileInfo(trail.Home.AnchorKeyFile).Length);
        Assert.Equal(4, System.IO.File.ReadLines(trail.Home.AnchorFile).Count());
        foreach (var connection in new[] { trail.Database.Portal, trail.Database.Worker, trail.Database.Gateway })
        {
            foreach (var sql in new[] { "INSERT INTO audit_anchors DEFAULT VALUES", "UPDATE audit_anchors SET number = 9", "DELETE FROM audit_anchors", "TRUNCATE audit_anchors" })
            {
                await using var login = new NpgsqlConnection(connection);
                await login.OpenAsync(Stop);
                await using var command = new NpgsqlCommand(sql, login);
                Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, (await Assert.ThrowsAsync<PostgresException>(() => command.ExecuteNonQueryAsync(Stop))).SqlState);
            }
        }
    }

    [Fact]
    public async Task What_a_crash_kept_from_the_file_the_next_round_brings()
    {
        await using var trail = await Trail.WrittenAsync(postgres);
        var lines = await System.IO.File.ReadAllLinesAsync(trail.Home.AnchorFile, Stop);
        await System.IO.File.WriteAllTextAsync(trail.Home.AnchorFile, $"{lines[0]}\n{lines[1]}\n{lines[2][..40]}", Stop);

        var before = await trail.VerifyAsync();
        Assert.True(before.IsWhole);
        Assert.Contains(before.Notes, note => note.StartsWith("2 anchors are not in the anchor file", StringComparison.Ordinal));

        await trail.Writer.RunAsync(Stop);

        var after = await trail.VerifyAsync();
        Assert.True(after.IsWhole);
        Assert.Empty(after.Notes);
        Assert.Equal(lines, (await System.IO.File.ReadAllLinesAsync(trail.Home.AnchorFile, Stop)).Take(4));
    }

    [Fact]
    public async Task Without_key_or_file_the_check_says_what_it_could_not_look_at()
    {
        await using var trail = await Trail.WrittenAsync(postgres);
        System.IO.File.Delete(trail.Home.AnchorKeyFile);
        System.IO.File.Delete(trail.Home.AnchorFile);

        var report = await trail.VerifyAsync();

        Assert.True(report.IsWhole);
        Assert.Contains(report.Notes, note => note.StartsWith("Signatures were not checked", StringComparison.Ordinal));
        Assert.Contains(report.Notes, note => note.StartsWith("There is no anchor file", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Lines_of_the_file_that_were_changed_or_put_elsewhere_are_told()
    {
        await using var trail = await Trail.WrittenAsync(postgres);
        var lines = await System.IO.File.ReadAllLinesAsync(trail.Home.AnchorFile, Stop);
        await System.IO.File.WriteAllLinesAsync(trail.Home.AnchorFile, [lines[1], lines[0], "nonsense", lines[2].Replace("\"sequenceNum\":", "\"sequenceNum\":1", StringComparison.Ordinal), lines[3]], Stop);

        var report = await trail.VerifyAsync();

        Assert.Equal(3, report.Faults.Count(fault => fault is { Place: "anchor file", Kind: TrailFaultKind.AnchorForged }));
    }

    [Fact]
    public async Task A_chain_that_was_cut_gets_no_anchor_and_the_others_do()
    {
        await using var trail = await Trail.WrittenAsync(postgres);
        await trail.TamperAsync("DELETE FROM deployment_events WHERE service_instance_id = '{web}' AND sequence_num > 5; " + Trail.Rehash);
        await trail.AppendAsync(trail.Api, 1);

        var broken = await Assert.ThrowsAsync<TrailBrokenException>(() => trail.Writer.RunAsync(Stop));

        Assert.Contains($"service {trail.Web.Id}", broken.Message, StringComparison.Ordinal);
        Assert.Contains("kyozo audit verify", broken.Message, StringComparison.Ordinal);
        Assert.Equal(4L, await trail.Database.ReadAsync<long>($"SELECT max(sequence_num) FROM audit_anchors WHERE service_instance_id = '{trail.Api.Id}'", Stop));
        Assert.Equal(8L, await trail.Database.ReadAsync<long>($"SELECT max(sequence_num) FROM audit_anchors WHERE service_instance_id = '{trail.Web.Id}'", Stop));
    }

    [Fact]
    public async Task Rows_of_the_archive_are_checked_with_the_others_before_and_after_they_move()
    {
        await using var trail = await Trail.EmptyAsync(postgres);
        foreach (var days in new[] { 100, 99, 95 })
        {
            await trail.Database.ExecuteAsync($"SET ROLE kyozo_owner; CREATE TABLE IF NOT EXISTS deployment_events_{Day(days):yyyyMMdd} PARTITION OF deployment_events FOR VALUES FROM ('{Day(days):yyyy-MM-dd}+00') TO ('{Day(days - 1):yyyy-MM-dd}+00')", Stop);
            await DatabaseClock.ShiftAsync(trail.Database, -TimeSpan.FromDays(days), Stop);
            await trail.AppendAsync(trail.Web, 3);
        }

        await DatabaseClock.ShiftAsync(trail.Database, TimeSpan.Zero, Stop);
        await trail.AppendAsync(trail.Web, 3);
        Assert.True((await trail.VerifyAsync()).IsWhole);

        var done = await new Archiver(
            trail.Maintenance, new(trail.Maintenance, TimeProvider.System), Options.Create(new RetentionOptions()), [new AnchorAtArchival(trail.Writer, NullLogger<AnchorAtArchival>.Instance)], TimeProvider.System).RunAsync(Stop);

        Assert.Equal(3, done!.Archived.Count);
        var report = await trail.VerifyAsync();
        Assert.True(report.IsWhole);
        Assert.Equal((12, 9, 0), (report.Rows, report.ArchivedRows, report.RowsAfterLastAnchor));
        await trail.TamperAsync("UPDATE deployment_events_archive SET error_message = 'x' WHERE sequence_num = 5");
        Assert.Equal(("deployment_events_archive", 5), ((await trail.VerifyAsync()).First!.Place, (await trail.VerifyAsync()).First!.SequenceNum));

        static DateTimeOffset Day(int ago) => TimeProvider.System.GetUtcNow().AddDays(-ago);
    }

    [Fact]
    public async Task A_row_that_lies_in_archive_and_live_table_is_told()
    {
        await using var trail = await Trail.WrittenAsync(postgres);
        await trail.TamperAsync("CREATE TABLE copy PARTITION OF deployment_events_archive FOR VALUES FROM ('2000-01-01') TO ('2100-01-01'); INSERT INTO deployment_events_archive SELECT * FROM deployment_events WHERE service_instance_id = '{web}' AND sequence_num = 4");

        Assert.Equal((TrailFaultKind.NumberTwice, 4), ((await trail.VerifyAsync()).First!.Kind, (await trail.VerifyAsync()).First!.SequenceNum));
    }

    [Fact]
    public async Task A_check_beside_writers_and_anchors_accuses_nobody()
    {
        await using var trail = await Trail.WrittenAsync(postgres);
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        var writers = Enumerable.Range(0, 4).Select(async n =>
        {
            while (!enough.IsCancellationRequested)
            {
                await trail.AppendAsync(n % 2 == 0 ? trail.Web : trail.Api, 5);
                await trail.AppendAuditAsync(2);
                if (n == 0) await trail.Writer.RunAsync(Stop);
            }
        }).ToList();

        for (var check = 0; check < 10; check++)
        {
            var report = await trail.VerifyAsync();
            Assert.True(report.IsWhole, report.First?.Message);
        }

        await enough.CancelAsync();
        await Task.WhenAll(writers);
        Assert.True((await trail.VerifyAsync()).IsWhole);
    }
}
