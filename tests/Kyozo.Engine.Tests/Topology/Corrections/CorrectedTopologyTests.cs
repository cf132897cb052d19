using Kyozo.Data.Topology;
using Kyozo.Engine.Topology;
using Kyozo.Engine.Topology.Corrections;

namespace Kyozo.Engine.Tests.Topology.Corrections;

public sealed class CorrectedTopologyTests
{
    static readonly DateTimeOffset Day = new(2026, 11, 25, 23, 30, 0, TimeSpan.Zero);

    static Correction Say(CorrectionKind kind, string? path, string service, string? other = null, CorrectedValues? values = null) => new(kind, path, service, other, values ?? new(), "Ada", Day);

    static FolderTopology Detect(params Correction[] corrections)
    {
        var snapshot = Snapshots.Of(Snapshots.Shop);
        return CorrectedTopology.Apply(snapshot, TopologyAnalyzer.Analyze(snapshot), corrections);
    }

    static DetectedService Api(FolderTopology topology) => topology.Services.Single(service => service.Path == "api");

    [Fact]
    public void Corrected_values_hold_with_score_1_and_what_was_found_stays_beside_them()
    {
        var found = Api(Detect());

        var api = Api(Detect(Say(CorrectionKind.Service, "api", "api", values: new() { Port = 9000, StartCommand = "node other.js", HealthPath = "/up" })));

        Assert.Equal((9000, "node other.js", "/up", 1.0), (api.Port, api.StartCommand, api.HealthPath, api.Confidence));
        Assert.Equal((found.Framework, found.InstallCommand), (api.Framework, api.InstallCommand));
        Assert.Equal("corrected by Ada on 2026-11-25: port, start command, health path", api.Evidence[0].Signal);
        Assert.Equal(found.Evidence, api.Evidence.Skip(1));
        Assert.Equal(new(found.Type, found.Confidence, "what detection says: port 4000, start npm start, health none"), api.Alternatives[0]);
    }

    [Fact]
    public void Another_type_leaves_nothing_of_the_other_language()
    {
        var api = Api(Detect(Say(CorrectionKind.Service, "api", "api", values: new() { Type = ServiceType.Deno })));

        Assert.Equal((ServiceType.Deno, null, null, null), (api.Type, api.StartCommand, api.Framework, api.PackageManager));
        Assert.Equal(ServiceType.Nodejs, api.Alternatives[0].Type);
    }

    [Fact]
    public void Port_0_and_empty_texts_say_that_there_is_none()
    {
        var api = Api(Detect(Say(CorrectionKind.Service, "api", "api", values: new() { Port = 0, StartCommand = "" })));

        Assert.Equal((null, null, null), (api.Port, api.StartCommand, api.HealthPath));
    }

    [Fact]
    public void Confirmed_without_values_is_sure_and_otherwise_as_found()
    {
        var api = Api(Detect(Say(CorrectionKind.Service, "api", "api")));

        Assert.Equal((1.0, "confirmed by Ada on 2026-11-25"), (api.Confidence, api.Evidence[0].Signal));
        Assert.Empty(api.Alternatives);
    }

    [Fact]
    public void What_is_no_service_goes_with_its_edges_and_is_told()
    {
        var topology = Detect(Say(CorrectionKind.NoService, "api", "api"));

        Assert.DoesNotContain(topology.Services, service => service.Path == "api");
        Assert.Empty(topology.Dependencies);
        Assert.Contains(topology.Skipped, skipped => skipped.Path == "api" && skipped.Reason.StartsWith("corrected by Ada on 2026-11-25: no service (detection says: nodejs", StringComparison.Ordinal));
    }

    [Fact]
    public void A_folder_that_somebody_calls_a_service_is_one_and_its_files_say_what_it_is()
    {
        var tools = Detect(Say(CorrectionKind.Service, "tools", "helper", values: new() { StartCommand = "node index.js" })).Services.Single(service => service.Path == "tools");

        Assert.Equal(("helper", ServiceType.Nodejs, "node index.js", 1.0), (tools.Name, tools.Type, tools.StartCommand, tools.Confidence));
    }

    [Fact]
    public void Edges_are_added_changed_and_taken_away()
    {
        var added = Detect(
            Say(CorrectionKind.Service, "tools", "tools"),
            Say(CorrectionKind.Edge, "tools", "tools", "api", new() { EnvVariable = "API_URL" }),
            Say(CorrectionKind.Edge, "api", "api", "postgres", new() { DependencyType = DependencyType.Optional }));

        Assert.Equal([("api", "postgres", DependencyType.Optional, "DATABASE_URL"), ("tools", "api", DependencyType.Requires, "API_URL")], added.Dependencies.Select(edge => (edge.From, edge.To, edge.Type, edge.EnvVariable!)));
        Assert.All(added.Dependencies, edge => Assert.Equal(1, edge.Confidence));

        var taken = Detect(Say(CorrectionKind.NoEdge, "api", "api", "postgres"));
        Assert.Empty(taken.Dependencies);
        Assert.Contains(taken.Skipped, skipped => skipped.Path == "api → postgres");
    }

    [Theory]
    [InlineData(CorrectionKind.Service, "gone", "gone", null, "it is kept, but there is no folder gone any more")]
    [InlineData(CorrectionKind.NoService, "gone", "gone", null, "it is kept, but there is no folder gone any more")]
    [InlineData(CorrectionKind.Service, null, "cache", null, "it is kept, but nothing of that name is found any more")]
    [InlineData(CorrectionKind.Edge, "api", "api", "cache", "it is kept, but there is no service cache any more")]
    [InlineData(CorrectionKind.Edge, "gone", "gone", "api", "it is kept, but there is no service gone any more")]
    public void What_applies_to_nothing_any_more_is_told_and_not_lost(CorrectionKind kind, string? path, string service, string? other, string reason)
    {
        var topology = Detect(Say(kind, path, service, other));

        Assert.Contains(topology.Skipped, skipped => skipped.Reason.EndsWith(reason, StringComparison.Ordinal));
        Assert.Equal(TopologyJson.Print(Detect() with { Skipped = [] }), TopologyJson.Print(topology with { Skipped = [] }));
    }

    [Fact]
    public void A_folder_found_under_another_name_today_is_still_meant()
    {
        var api = Api(Detect(Say(CorrectionKind.Service, "api", "old-name", values: new() { Port = 1 })));

        Assert.Equal(("api", 1), (api.Name, api.Port));
    }

    [Fact]
    public void The_order_in_which_corrections_are_read_changes_nothing()
    {
        Correction[] corrections =
        [
            Say(CorrectionKind.Edge, "tools", "tools", "api"), Say(CorrectionKind.NoEdge, "api", "api", "postgres"), Say(CorrectionKind.Service, "tools", "tools"),
            Say(CorrectionKind.Service, "api", "api", values: new() { Port = 80 }), Say(CorrectionKind.Service, null, "cache", values: new() { Type = ServiceType.Redis }),
        ];

        Assert.Equal(TopologyJson.Print(Detect(corrections)), TopologyJson.Print(Detect([.. corrections.Reverse()])));
    }

    [Fact]
    public void A_person_wins_over_kyozo_yaml()
    {
        var snapshot = Snapshots.Of([.. Snapshots.Shop, ("kyozo.yaml", "services:\n  api: { path: api, port: 8000 }")]);

        var api = Api(CorrectedTopology.Apply(snapshot, TopologyAnalyzer.Analyze(snapshot), [Say(CorrectionKind.Service, "api", "api", values: new() { Port = 9000 })]));

        Assert.Equal((9000, "what detection says: port 8000"), (api.Port, api.Alternatives[0].Reason));
    }

    [Fact]
    public void Another_type_leaves_the_schedule_that_a_job_needs()
    {
        var snapshot = Snapshots.Of([.. Snapshots.Shop,
            ("render.yaml", "services:\n  - { type: web, name: api, rootDir: api }\n  - { type: cron, name: report, rootDir: report, schedule: '0 6 * * *' }"),
            ("report/package.json", """{ "name": "report", "scripts": { "start": "node index.js" } }"""), ("report/index.js", "console.log(1);")]);
        var found = TopologyAnalyzer.Analyze(snapshot);
        Assert.Equal(DeploymentStrategy.NeedsScheduler, found.Strategy);

        var corrected = CorrectedTopology.Apply(snapshot, found, [Say(CorrectionKind.Service, "report", "report", values: new() { Type = ServiceType.Deno })]);
        Assert.Equal(DeploymentStrategy.NeedsScheduler, corrected.Strategy);
        Assert.Contains(corrected.Notes, note => note.StartsWith("needs a scheduler: report", StringComparison.Ordinal));

        var without = CorrectedTopology.Apply(snapshot, found, [Say(CorrectionKind.NoService, "report", "report")]);
        Assert.NotEqual(DeploymentStrategy.NeedsScheduler, without.Strategy);
        Assert.DoesNotContain(without.Notes, note => note.StartsWith("needs a scheduler", StringComparison.Ordinal));
    }

    [Fact]
    public void Another_type_of_a_backing_service_brings_its_port_and_the_form_of_its_address()
    {
        var topology = Detect(Say(CorrectionKind.Service, null, "postgres", values: new() { Type = ServiceType.Mysql }));

        Assert.Equal((ServiceType.Mysql, 3306), topology.Services.Where(service => service.Name == "postgres").Select(service => (service.Type, service.Port!.Value)).Single());
        Assert.Equal(("DATABASE_URL", "mysql://{user}:{password}@{host}:{port}/{database}"), topology.Dependencies.Select(edge => (edge.EnvVariable!, edge.ConnectionTemplate!)).Single());
    }
}
