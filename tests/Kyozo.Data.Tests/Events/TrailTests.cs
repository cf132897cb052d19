using Kyozo.Data.Events;
using Kyozo.Data.Permissions;
using Kyozo.Data.ServiceInstances;
using Kyozo.Testing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Kyozo.Data.Tests.Events;

public sealed class TrailTests(DatabaseFixture fixture, PostgresFixture postgres) : IClassFixture<DatabaseFixture>
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Numbers_have_no_gaps_and_times_do_not_run_back_under_concurrent_writers_and_rollbacks()
    {
        var (_, service) = await ArrangeAsync();
        var contexts = fixture.Worker.GetRequiredService<IDbContextFactory<KyozoContext>>();
        var events = fixture.Worker.GetRequiredService<EventLog>();

        await Parallel.ForAsync(0, 200, new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = Token }, async (number, cancellationToken) =>
        {
            await using var db = await contexts.CreateDbContextAsync(cancellationToken);
            await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
            await events.AppendAsync(db, new NewEvent(service.TeamId, service.Id, EventType.ServiceStarted, new { Number = number }), cancellationToken);
            if (number % 4 == 0) await transaction.RollbackAsync(cancellationToken);
            else await transaction.CommitAsync(cancellationToken);
        });

        await using var reader = fixture.Database.OpenAsAdmin();
        var lines = await reader.DeploymentEvents.Where(e => e.ServiceInstanceId == service.Id).OrderBy(e => e.SequenceNum).ToListAsync(Token);
        Assert.Equal(Enumerable.Range(1, 150).Select(number => (long)number), lines.Select(line => line.SequenceNum));
        Assert.Equal(lines.Select(line => line.OccurredAt).Order(), lines.Select(line => line.OccurredAt));
    }

    [Fact]
    public async Task The_hash_of_each_line_covers_it_and_the_line_before()
    {
        var (_, service) = await ArrangeAsync();
        for (var number = 0; number < 5; number++)
            await fixture.SqlAsync(fixture.Database.Worker, null, $"SELECT append_event('{A.Id()}', '{service.TeamId}', '{service.Id}', 'service_started', jsonb_build_object('n', {number}), 'error', 7)");

        const string broken =
            """
            SELECT count(*) FROM (
                SELECT e.hash <> deployment_event_hash(coalesce(lag(e.hash) OVER (ORDER BY e.sequence_num), ''), e) AS broken
                FROM deployment_events e WHERE e.service_instance_id = $1) chain
            WHERE broken
            """;
        Assert.Equal(0L, await fixture.SqlAsync(fixture.Database.Admin, null, broken, service.Id));

        await fixture.SqlAsync(fixture.Database.Admin, null, $"UPDATE deployment_events SET error_message = 'another' WHERE service_instance_id = '{service.Id}' AND sequence_num = 3");
        Assert.Equal(1L, await fixture.SqlAsync(fixture.Database.Admin, null, broken, service.Id));
    }

    [Fact]
    public async Task Sixteen_writers_of_two_services_over_midnight_leave_no_gap_and_nothing_twice_while_some_roll_back()
    {
        await using var own = new DatabaseFixture(postgres);
        await own.InitializeAsync();
        var first = await ArrangeAsync(own);
        var second = await ArrangeAsync(own);
        var services = new[] { first.Service, second.Service };
        var contexts = own.Worker.GetRequiredService<IDbContextFactory<KyozoContext>>();
        var events = own.Worker.GetRequiredService<EventLog>();
        var now = TimeProvider.System.GetUtcNow();
        await DatabaseClock.ShiftAsync(own.Database, now.UtcDateTime.Date.AddDays(1) - now.UtcDateTime - TimeSpan.FromSeconds(1), Token);

        await Parallel.ForAsync(0, 640, new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = Token }, async (number, cancellationToken) =>
        {
            // The second half is written after midnight, however fast this machine is.
            if (number == 320) await DatabaseClock.ShiftAsync(own.Database, now.UtcDateTime.Date.AddDays(1) - now.UtcDateTime, cancellationToken);
            await using var db = await contexts.CreateDbContextAsync(cancellationToken);
            await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
            await events.AppendAsync(db, services.Select(service => new NewEvent(service.TeamId, service.Id, EventType.ServiceStarted, new { Number = number })), cancellationToken);
            await events.AppendAuditAsync(db, new NewAuditEvent(first.Service.TeamId, "tested", new { Number = number }), cancellationToken);
            if (number % 5 == 0) await transaction.RollbackAsync(cancellationToken);
            else await transaction.CommitAsync(cancellationToken);
        });

        await using var reader = own.Database.OpenAsAdmin();
        foreach (var service in services)
        {
            var lines = await reader.DeploymentEvents.Where(e => e.ServiceInstanceId == service.Id).OrderBy(e => e.SequenceNum).ToListAsync(Token);
            Assert.Equal(Enumerable.Range(1, 512).Select(number => (long)number), lines.Select(line => line.SequenceNum));
            Assert.Equal(lines.Select(line => line.OccurredAt).Order(), lines.Select(line => line.OccurredAt));
        }

        Assert.Equal(Enumerable.Range(1, 512).Select(number => (long)number), await reader.AuditEvents.Where(e => e.TeamId == first.Service.TeamId).OrderBy(e => e.SequenceNum).Select(e => e.SequenceNum).ToListAsync(Token));
        Assert.Equal(2L, await own.SqlAsync(own.Database.Admin, null, "SELECT count(DISTINCT tableoid) FROM deployment_events"));
    }

    [Fact]
    public async Task The_moment_is_the_databases_and_stands_still_when_its_clock_is_set_back()
    {
        await using var own = new DatabaseFixture(postgres);
        await own.InitializeAsync();
        var (_, service) = await ArrangeAsync(own);
        async Task<DateTime> AppendAsync()
        {
            var number = await own.SqlAsync(own.Database.Worker, null, $"SELECT append_event('{A.Id()}', '{service.TeamId}', '{service.Id}', 'service_started', '{{}}')");
            return (DateTime)(await own.SqlAsync(own.Database.Admin, null, $"SELECT occurred_at FROM deployment_events WHERE service_instance_id = '{service.Id}' AND sequence_num = {number}"))!;
        }

        var before = (DateTime)(await own.SqlAsync(own.Database.Admin, null, "SELECT clock_timestamp()"))!;
        var first = await AppendAsync();
        Assert.InRange(first, before, (DateTime)(await own.SqlAsync(own.Database.Admin, null, "SELECT clock_timestamp()"))!);

        await DatabaseClock.ShiftAsync(own.Database, TimeSpan.FromHours(-1), Token);
        Assert.Equal(first, await AppendAsync());
        Assert.Equal(first, await AppendAsync());

        await DatabaseClock.ShiftAsync(own.Database, TimeSpan.FromHours(1), Token);
        Assert.True(await AppendAsync() > first.AddMinutes(59));
    }

    public static TheoryData<string> ChangesOfTheTrail =>
    [
        .. from table in (string[])["deployment_events", "deployment_events_archive", "audit_events", "event_heads", "audit_heads", "audit_anchors"]
           from sql in (string[])["INSERT INTO {0} DEFAULT VALUES", "UPDATE {0} SET team_id = team_id", "DELETE FROM {0}", "TRUNCATE {0}"]
           select string.Format(System.Globalization.CultureInfo.InvariantCulture, sql, table),
    ];

    [Theory, MemberData(nameof(ChangesOfTheTrail))]
    public async Task No_login_role_changes_the_trail(string sql)
    {
        var (actor, _) = await ArrangeAsync();
        foreach (var connection in new[] { fixture.Database.Portal, fixture.Database.Worker, fixture.Database.Gateway })
            Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, (await fixture.RefusedAsync(connection, actor, sql)).SqlState);
    }

    [Fact]
    public async Task The_portal_writes_neither_another_teams_trail_nor_in_anothers_name()
    {
        var (blue, blueService) = await ArrangeAsync();
        var (red, redService) = await ArrangeAsync();
        string Append(Guid team, Guid service, Guid user) => $"SELECT append_event('{A.Id()}', '{team}', '{service}', 'service_started', '{{}}', NULL, NULL, '{user}')";

        await fixture.SqlAsync(fixture.Database.Portal, blue, Append(blue.TeamId, blueService.Id, blue.UserId));
        foreach (var sql in new[] { Append(red.TeamId, redService.Id, blue.UserId), Append(blue.TeamId, blueService.Id, red.UserId) })
            Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, (await fixture.RefusedAsync(fixture.Database.Portal, blue, sql)).SqlState);

        // Its own team named with another team's service.
        Assert.Equal(PostgresErrorCodes.ForeignKeyViolation, (await fixture.RefusedAsync(fixture.Database.Portal, blue, Append(blue.TeamId, redService.Id, blue.UserId))).SqlState);
        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, (await fixture.RefusedAsync(fixture.Database.Portal, blue,
            $"SELECT append_audit_event('{A.Id()}', '{red.TeamId}', 'tested', '{{}}')")).SqlState);
        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, (await fixture.RefusedAsync(fixture.Database.Portal, blue,
            $"SELECT write_audit_event('{A.Id()}', '{red.TeamId}', 'tested', '{{}}', NULL, NULL, NULL)")).SqlState);
    }

    [Fact]
    public async Task Audit_lines_are_numbered_per_team()
    {
        var (blue, _) = await ArrangeAsync();
        var (red, _) = await ArrangeAsync();
        var events = fixture.Portal.GetRequiredService<EventLog>();
        foreach (var actor in new[] { blue, red, blue })
        {
            using var acting = fixture.Use(actor);
            await using var db = await fixture.OpenPortalAsync();
            await events.AppendAuditAsync(db, new NewAuditEvent(actor.TeamId, "signed_in", new { From = "here" }, actor.UserId, "user", actor.UserId), Token);
        }

        await using var reader = fixture.Database.OpenAsAdmin();
        var lines = await reader.AuditEvents.Where(e => e.TeamId == blue.TeamId).OrderBy(e => e.SequenceNum).ToListAsync(Token);
        Assert.Equal([1L, 2L], lines.Select(line => line.SequenceNum));
        Assert.All(lines, line => Assert.Equal(blue.UserId, line.ActorId));
        Assert.Contains("\"from\": \"here\"", lines[0].Data, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_trail_speaks_of_cannot_be_deleted()
    {
        var (_, service) = await ArrangeAsync();
        await fixture.SqlAsync(fixture.Database.Worker, null, $"SELECT append_event('{A.Id()}', '{service.TeamId}', '{service.Id}', 'service_started', '{{}}')");
        Assert.Equal(PostgresErrorCodes.ForeignKeyViolation, (await fixture.RefusedAsync(fixture.Database.Admin, null, $"DELETE FROM service_instances WHERE id = '{service.Id}'")).SqlState);
    }

    [Fact]
    public async Task A_change_is_notified_with_table_team_and_id()
    {
        var (actor, service) = await ArrangeAsync();
        await using var listener = new NpgsqlConnection(fixture.Database.Portal);
        await listener.OpenAsync(Token);
        var payloads = new List<string>();
        listener.Notification += (_, notification) => payloads.Add(notification.Payload);
        await using (var listen = new NpgsqlCommand("LISTEN kyozo_changes", listener)) await listen.ExecuteNonQueryAsync(Token);

        await fixture.SqlAsync(fixture.Database.Worker, null, $"UPDATE service_instances SET health = 'healthy' WHERE id = '{service.Id}'");
        while (!payloads.Any(payload => payload.Contains($"{service.Id}", StringComparison.Ordinal))) await listener.WaitAsync(Token);

        using var payload = System.Text.Json.JsonDocument.Parse(payloads.First(text => text.Contains($"{service.Id}", StringComparison.Ordinal)));
        Assert.Equal("service_instances", payload.RootElement.GetProperty("table").GetString());
        Assert.Equal(actor.TeamId, payload.RootElement.GetProperty("team").GetGuid());
    }

    Task<(Actor Actor, ServiceInstance Service)> ArrangeAsync() => ArrangeAsync(fixture);

    static async Task<(Actor Actor, ServiceInstance Service)> ArrangeAsync(DatabaseFixture fixture)
    {
        var team = await A.TeamAsync(fixture.Database, Token);
        var user = await A.UserAsync(fixture.Database, team, Token);
        var service = await A.ServiceAsync(fixture.Database, await A.WorkspaceAsync(fixture.Database, team, Token), Token);
        return (new Actor(user.Id, team.Id), service);
    }
}
