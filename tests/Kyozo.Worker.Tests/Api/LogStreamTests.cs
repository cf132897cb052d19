using System.Threading.Channels;
using Kyozo.Data.Deployments;
using Kyozo.Data.Permissions;
using Kyozo.Data.ServiceInstances;
using Kyozo.Data.Tenancy;
using Kyozo.Data.WorkerApi;
using Kyozo.Testing;
using Microsoft.EntityFrameworkCore;

namespace Kyozo.Worker.Tests.Api;

public sealed class LogStreamTests(PostgresFixture postgres, DockerFixture docker) : IAsyncLifetime
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    WorkerHost _worker = null!;
    WorkerClient _client = null!;
    Team _team = null!;
    Actor _admin = null!;
    ServiceInstance _service = null!;

    static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _worker = await WorkerHost.StartAsync(postgres, Stop);
        _client = _worker.Client();
        _team = await A.TeamAsync(_worker.Database, Stop);
        _admin = new((await A.UserAsync(_worker.Database, _team, Stop, TeamRole.Admin)).Id, _team.Id);
        _service = await A.ServiceAsync(_worker.Database, await A.WorkspaceAsync(_worker.Database, _team, Stop), Stop);
    }

    [Fact]
    public async Task The_lines_of_all_replicas_come_merged_with_their_stream_and_number()
    {
        await ReplicaAsync(1, "echo one; echo oops >&2; sleep 600");
        await ReplicaAsync(2, "echo two; sleep 600");

        var lines = await ReadAsync(follow: false, until: l => l.Count == 3);

        Assert.Equal([(1, false, "one"), (1, true, "oops"), (2, false, "two")], lines.Select(l => (l.Replica!.Value, l.IsError, l.Text)).Order());
    }

    [Fact]
    public async Task The_end_of_a_log_can_be_asked_for()
    {
        await ReplicaAsync(1, "seq 1 100; sleep 600");
        await ReadAsync(follow: false, until: l => l.Count == 100);

        var lines = new List<WorkerLogLine>();
        await foreach (var line in _client.ReadLogsAsync(_admin, _service.Id, 5, null, follow: false, Stop)) lines.Add(line);

        Assert.Equal(["96", "97", "98", "99", "100"], lines.Select(l => l.Text));
    }

    [Fact]
    public async Task A_followed_log_goes_on_with_a_replica_that_came_later_and_after_a_restart()
    {
        var first = await ReplicaAsync(1, "date +started-%N; sleep 600");
        await using var reader = Follow(_admin);
        await reader.NextAsync(l => l.Text.StartsWith("started-", StringComparison.Ordinal));

        await ReplicaAsync(2, "echo second; sleep 600");
        await reader.NextAsync(l => l is { Text: "second", Replica: 2 });

        await DockerCli.RunAsync(Stop, "restart", "--time", "0", first);
        await reader.NextAsync(l => l is { Replica: 1 } && l.Text.StartsWith("started-", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_revoked_reader_sees_no_further_line_and_is_told_why()
    {
        var member = await A.UserAsync(_worker.Database, _team, Stop);
        await using (var db = _worker.Database.OpenAsAdmin())
        {
            db.Add(new ServicePermission
            {
                Id = A.Id(),
                TeamId = _team.Id,
                ServiceInstanceId = _service.Id,
                UserId = member.Id,
                PermissionType = PermissionType.ViewLogs,
                GrantedBy = _admin.UserId,
                GrantedAt = TimeProvider.System.GetUtcNow(),
            });
            await db.SaveChangesAsync(Stop);
        }

        await ReplicaAsync(1, "while :; do echo tick; sleep 0.05; done");
        await using var reader = Follow(new(member.Id, _team.Id));
        await reader.NextAsync(l => l.Text == "tick");

        await _worker.Database.ExecuteAsync($"UPDATE service_permissions SET revoked_at = now(), revoked_by = '{_admin.UserId}'", Stop);

        var denied = await Assert.ThrowsAsync<AccessDeniedException>(() => reader.NextAsync(_ => false));
        Assert.Equal("view_logs", denied.Missing);
    }

    [Fact]
    public async Task Secrets_of_the_workspace_are_masked_wherever_they_are_printed()
    {
        await _client.WriteSecretAsync(_admin, _service.Id, "API_TOKEN", "tok-8f3a9c1d", Stop);
        await ReplicaAsync(1, "echo using tok-8f3a9c1d now; sleep 600");

        var line = Assert.Single(await ReadAsync(follow: false, until: l => l.Count == 1));

        Assert.DoesNotContain("8f3a9c1d", line.Text);
        Assert.StartsWith("using ", line.Text);
    }

    [Fact]
    public async Task A_secret_is_stored_encrypted_replaced_and_removed_and_a_bad_name_refused()
    {
        await _client.WriteSecretAsync(_admin, _service.Id, "API_TOKEN", "first-value", Stop);
        await _client.WriteSecretAsync(_admin, _service.Id, "API_TOKEN", "second-value", Stop);

        await using var db = _worker.Database.OpenAsAdmin();
        var row = await db.Secrets.AsNoTracking().SingleAsync(Stop);
        Assert.False(row.Ciphertext.AsSpan().IndexOf("second-value"u8) >= 0);
        await Assert.ThrowsAsync<WorkerRefusedException>(() => _client.WriteSecretAsync(_admin, _service.Id, "9 lives", "x", Stop));

        await _client.WriteSecretAsync(_admin, _service.Id, "API_TOKEN", null, Stop);
        Assert.False(await db.Secrets.AnyAsync(Stop));
    }

    [Fact]
    public async Task A_build_log_is_read_by_who_may_read_that_services_logs()
    {
        var deployment = new Deployment
        {
            Id = A.Id(),
            TeamId = _team.Id,
            WorkspaceId = _service.WorkspaceId,
            EngineId = WellKnown.LocalEngine,
            Kind = DeploymentKind.Deploy,
            Status = DeploymentStatus.Succeeded,
            RequestedBy = WellKnown.Operator,
            Request = new() { ServiceIds = [_service.Id] },
        };
        await using (var db = _worker.Database.OpenAsAdmin())
        {
            db.Add(deployment);
            await db.SaveChangesAsync(Stop);
        }

        var folder = Directory.CreateDirectory(Path.Combine(_worker.Home.BuildLogs, deployment.Id.ToString())).FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, $"{_service.Id}.log"), "Step 1/2 : FROM scratch\nStep 2/2 : COPY . .\n", Stop);

        var lines = await _client.ReadBuildLogAsync(_admin, deployment.Id, _service.Id, Stop).Select(l => l.Text).ToListAsync(Stop);
        Assert.Equal(["Step 1/2 : FROM scratch", "Step 2/2 : COPY . ."], lines);

        var member = new Actor((await A.UserAsync(_worker.Database, _team, Stop)).Id, _team.Id);
        await Assert.ThrowsAsync<AccessDeniedException>(async () => await _client.ReadBuildLogAsync(member, deployment.Id, _service.Id, Stop).ToListAsync(Stop));
    }

    [Fact]
    public async Task A_probe_now_tells_what_it_found()
    {
        await _worker.Database.ExecuteAsync($"UPDATE service_instances SET status = 'running', wanted_running = true WHERE id = '{_service.Id}'", Stop);
        await ReplicaAsync(1, "sleep 600");

        var done = Assert.Single(await _client.ProbeAsync(_admin, _service.Id, Stop));

        Assert.Equal((Data.Health.CheckType.Docker, Data.Health.CheckStatus.Healthy), (done.Type, done.Status));
    }

    public async ValueTask DisposeAsync() => await _worker.DisposeAsync();

    async Task<string> ReplicaAsync(int number, string script)
    {
        var id = await docker.StartAsync(await docker.SpecAsync($"log-{A.Id():N}", ["sh", "-c", script], Stop), Stop);
        await A.ContainerAsync(_worker.Database, _service, id, Stop, number);
        return id;
    }

    async Task<List<WorkerLogLine>> ReadAsync(bool follow, Func<List<WorkerLogLine>, bool> until) =>
        await Eventually.GetAsync("the lines", Patience, async () =>
        {
            var lines = await _client.ReadLogsAsync(_admin, _service.Id, null, null, follow, Stop).ToListAsync(Stop);
            return until(lines) ? lines : null;
        }, Stop);

    Follower Follow(Actor actor) => new(_client.ReadLogsAsync(actor, _service.Id, null, null, follow: true, Stop));

    /// <summary>Reads a stream aside, so that a test can wait for a line of it.</summary>
    sealed class Follower : IAsyncDisposable
    {
        readonly CancellationTokenSource _stop = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        readonly Channel<WorkerLogLine> _lines = Channel.CreateUnbounded<WorkerLogLine>();
        readonly Task _reading;

        public Follower(IAsyncEnumerable<WorkerLogLine> source) => _reading = ReadAsync(source);

        public async Task NextAsync(Func<WorkerLogLine, bool> wanted)
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(Stop);
            limit.CancelAfter(Patience);
            await foreach (var line in _lines.Reader.ReadAllAsync(limit.Token))
            {
                if (wanted(line)) return;
            }
        }

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await _reading;
            _stop.Dispose();
        }

        async Task ReadAsync(IAsyncEnumerable<WorkerLogLine> source)
        {
            try
            {
                await foreach (var line in source.WithCancellation(_stop.Token)) await _lines.Writer.WriteAsync(line);
                _lines.Writer.Complete();
            }
            catch (Exception e)
            {
                _lines.Writer.Complete(e);
            }
        }
    }
}
