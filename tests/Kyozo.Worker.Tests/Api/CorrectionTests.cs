using Kyozo.Data.Permissions;
using Kyozo.Data.Tenancy;
using Kyozo.Data.Topology;
using Kyozo.Data.WorkerApi;
using Kyozo.Testing;
using Microsoft.EntityFrameworkCore;

namespace Kyozo.Worker.Tests.Api;

/// <summary>What a person says about a finding: stored, laid over every later analysis, taken back.</summary>
public sealed class CorrectionTests(PostgresFixture postgres) : IAsyncLifetime
{
    WorkerHost _worker = null!;
    WorkerClient _client = null!;
    string _projects = null!;
    Actor _admin = null!;
    Guid _workspace;

    static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _projects = Directory.CreateTempSubdirectory("kyozo-projects-").FullName;
        _worker = await WorkerHost.StartAsync(postgres, Stop, ("Kyozo:WorkspacesRoot", _projects));
        _client = _worker.Client();
        var team = await A.TeamAsync(_worker.Database, Stop);
        _admin = new((await A.UserAsync(_worker.Database, team, Stop, TeamRole.Admin)).Id, team.Id);
        var shop = Directory.CreateDirectory(Path.Combine(_projects, "shop", "api")).FullName;
        File.WriteAllText(Path.Combine(shop, "package.json"), """{"name":"api","scripts":{"start":"node server.js"},"dependencies":{"express":"^4","pg":"8"}}""");
        File.WriteAllText(Path.Combine(shop, "server.js"), "process.env.DATABASE_URL; require('express')().listen(3000)");
        _workspace = (await _client.CreateWorkspaceAsync(_admin, new("Shop", Path.Combine(_projects, "shop")), Stop)).Id;
    }

    public async ValueTask DisposeAsync()
    {
        await _worker.DisposeAsync();
        Directory.Delete(_projects, recursive: true);
    }

    [Fact]
    public async Task A_correction_holds_in_every_later_analysis_until_it_is_undone()
    {
        var corrected = await _client.CorrectDetectionAsync(_admin, _workspace, Port(9000), Stop);
        Assert.Equal((9000, 1.0), (Api(corrected).Port, Api(corrected).Confidence));

        var again = Api(await _client.DetectAsync(_admin, _workspace, Stop));
        Assert.Equal(9000, again.Port);
        Assert.StartsWith("what detection says: port 3000", again.Alternatives[0].Reason, StringComparison.Ordinal);

        var id = await IdAsync();
        Assert.Equal(3000, Api(await _client.UndoCorrectionAsync(_admin, _workspace, id, Stop)).Port);
        Assert.Equal(3000, Api(await _client.DetectAsync(_admin, _workspace, Stop)).Port);
        await using var db = _worker.Database.OpenAsAdmin();
        var row = await db.DetectionCorrections.SingleAsync(Stop);
        Assert.Equal((_admin.UserId, _admin.UserId), (row.CorrectedBy, row.UndoneBy));
        Assert.NotNull(row.UndoneAt);
        var trail = await db.AuditEvents.Where(e => e.Action.StartsWith("detection_")).OrderBy(e => e.SequenceNum).Select(e => e.Action).ToListAsync(Stop);
        Assert.Equal(["detection_corrected", "detection_correction_undone"], trail);
    }

    [Fact]
    public async Task A_second_word_about_the_same_finding_takes_the_place_of_the_first_and_the_first_stays_in_history()
    {
        await _client.CorrectDetectionAsync(_admin, _workspace, Port(9000), Stop);

        var gone = await _client.CorrectDetectionAsync(_admin, _workspace, new(CorrectionKind.NoService, "/api", "api", null, new()), Stop);

        Assert.DoesNotContain(gone.Topology.Services, service => service.Path == "api");
        await using var db = _worker.Database.OpenAsAdmin();
        Assert.Equal([true, false], await db.DetectionCorrections.OrderBy(c => c.CorrectedAt).Select(c => c.UndoneAt != null).ToListAsync(Stop));
    }

    [Fact]
    public async Task A_correction_of_a_folder_that_vanished_is_kept_and_told()
    {
        await _client.CorrectDetectionAsync(_admin, _workspace, Port(9000), Stop);
        Directory.Move(Path.Combine(_projects, "shop", "api"), Path.Combine(_projects, "shop", "web"));

        var moved = (await _client.DetectAsync(_admin, _workspace, Stop)).Topology;

        Assert.Contains(moved.Skipped, skipped => skipped.Path == "api" && skipped.Reason.EndsWith("it is kept, but there is no folder api any more", StringComparison.Ordinal));
        await using var db = _worker.Database.OpenAsAdmin();
        Assert.Null((await db.DetectionCorrections.SingleAsync(Stop)).UndoneAt);
    }

    public static TheoryData<NewCorrection> Impossible() =>
    [
        new NewCorrection(CorrectionKind.Service, "../other", "api", null, new()),
        new NewCorrection(CorrectionKind.Service, "/api", "Api", null, new()),
        new NewCorrection(CorrectionKind.Service, "/api", "api", null, new() { Port = 70000 }),
        new NewCorrection(CorrectionKind.Service, "/api", "api", null, new() { StartCommand = "a\nRUN evil" }),
        new NewCorrection(CorrectionKind.Service, "/api", "api", null, new() { HealthPath = "up" }),
        new NewCorrection(CorrectionKind.Service, "/api", "api", "postgres", new()),
        new NewCorrection(CorrectionKind.Edge, "/api", "api", null, new()),
        new NewCorrection(CorrectionKind.Edge, "/api", "api", "api", new()),
        new NewCorrection(CorrectionKind.Edge, "/api", "api", "postgres", new() { EnvVariable = "A B" }),
    ];

    [Theory, MemberData(nameof(Impossible))]
    public async Task What_cannot_be_is_refused_and_not_stored(NewCorrection correction)
    {
        await Assert.ThrowsAsync<WorkerRefusedException>(() => _client.CorrectDetectionAsync(_admin, _workspace, correction, Stop));

        await using var db = _worker.Database.OpenAsAdmin();
        Assert.Equal(0, await db.DetectionCorrections.CountAsync(Stop));
    }

    [Fact]
    public async Task The_newest_analysis_is_exported_with_its_corrections()
    {
        await Assert.ThrowsAsync<WorkerRefusedException>(() => _client.ExportTopologyAsync(_admin, _workspace, "kyozo", Stop));
        await _client.CorrectDetectionAsync(_admin, _workspace, Port(9000), Stop);

        var kyozo = await _client.ExportTopologyAsync(_admin, _workspace, "kyozo", Stop);
        var compose = await _client.ExportTopologyAsync(_admin, _workspace, "compose", Stop);

        Assert.Equal(("kyozo.yaml", "docker-compose.yml"), (kyozo.FileName, compose.FileName));
        Assert.Contains("port: 9000", kyozo.Text, StringComparison.Ordinal);
        Assert.Contains("9000:9000", compose.Text, StringComparison.Ordinal);
        await Assert.ThrowsAsync<WorkerRefusedException>(() => _client.ExportTopologyAsync(_admin, _workspace, "helm", Stop));
    }

    static NewCorrection Port(int port) => new(CorrectionKind.Service, "/api", "api", null, new() { Port = port });

    static DetectedService Api(DetectionDone done) => done.Topology.Services.Single(service => service.Path == "api");

    async Task<Guid> IdAsync()
    {
        await using var db = _worker.Database.OpenAsAdmin();
        return await db.DetectionCorrections.Select(c => c.Id).SingleAsync(Stop);
    }
}
