using Kyozo.Data.Topology;

namespace Kyozo.Engine.Tests.Topology.Manifest;

public sealed class ManifestTopologyTests
{
    static FolderTopology Detect(string manifest, params IEnumerable<(string, string)> more) => Snapshots.Detect([.. Snapshots.Shop, .. more, ("kyozo.yaml", manifest)]);

    [Fact]
    public void What_is_stated_holds_and_the_rest_stays_found_out()
    {
        var topology = Detect(
            """
            services:
              shop-api: { path: api, port: 9000, replicas: 2, environment: { MODE: fast } }
              main-db: { type: postgres }
            """);

        Assert.Equal(["shop-api", "main-db"], topology.Services.Select(service => service.Name));
        var api = topology.Services[0];
        Assert.Equal((ServiceType.Nodejs, "express", "npm start", 9000, 1.0), (api.Type, api.Framework, api.StartCommand, api.Port, api.Confidence));
        Assert.Equal(("kyozo.yaml", 2, "service shop-api"), (api.Evidence[0].File, api.Evidence[0].Line, api.Evidence[0].Signal));
        Assert.True(api.Evidence.Count > 1);
        Assert.Equal((2, "fast"), (api.Stated!.Replicas, api.Stated.Environment["MODE"]));
        // The one PostgreSQL that was found is the one that is named; the edge goes with it.
        var edge = Assert.Single(topology.Dependencies);
        Assert.Equal(("shop-api", "main-db", "DATABASE_URL"), (edge.From, edge.To, edge.EnvVariable));
    }

    [Fact]
    public void A_library_is_a_service_when_the_file_says_so_and_a_found_one_is_none()
    {
        var topology = Detect(
            """
            services:
              tools: { path: tools, start: node index.js }
            ignore: [api]
            """);

        Assert.Equal(["tools", "postgres"], topology.Services.Select(service => service.Name));
        Assert.Equal((ServiceType.Nodejs, "node index.js", 1.0), (topology.Services[0].Type, topology.Services[0].StartCommand, topology.Services[0].Confidence));
        Assert.Contains(topology.Skipped, skipped => skipped is { Path: "api" } && skipped.Reason.StartsWith("no service: kyozo.yaml line 3", StringComparison.Ordinal));
    }

    [Fact]
    public void With_detect_false_nothing_runs_but_what_is_named()
    {
        var topology = Detect(
            """
            detect: false
            services:
              api: { path: api, dependencies: { cache: optional } }
              cache: { type: redis }
            """);

        Assert.Equal(["api", "cache"], topology.Services.Select(service => service.Name));
        var edge = Assert.Single(topology.Dependencies);
        Assert.Equal(("api", "cache", DependencyType.Optional, 1.0), (edge.From, edge.To, edge.Type, edge.Confidence));
    }

    [Fact]
    public void Another_type_keeps_the_found_one_as_alternative_and_nothing_of_its_commands()
    {
        var api = Detect("services:\n  api: { path: api, type: deno }").Services.Single(service => service.Name == "api");

        Assert.Equal((ServiceType.Deno, null, null), (api.Type, api.StartCommand, api.Framework));
        Assert.Equal(ServiceType.Nodejs, api.Alternatives[0].Type);
        Assert.StartsWith("what the files alone say", api.Alternatives[0].Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_refused_file_states_nothing_and_makes_everything_a_question()
    {
        var topology = Detect("services:\n  api:\n    prot: 80");

        Assert.Contains(topology.Skipped, skipped => skipped.Path == "kyozo.yaml:3" && skipped.Reason.Contains("Did you mean 'port'?", StringComparison.Ordinal));
        Assert.NotEmpty(topology.Services);
        Assert.All(topology.Services, service => Assert.InRange(service.Confidence, 0.3, 0.79));
    }

    [Theory]
    [InlineData("services:\n  api: { path: api }\n  gone: { path: nowhere, type: nodejs }", "kyozo.yaml:3", "there is no folder nowhere")]
    [InlineData("services:\n  api: { path: api, dockerfile: api/Nope }", "kyozo.yaml:2", "there is no file api/Nope")]
    [InlineData("services:\n  api: { path: api, dependencies: { postgre: } }", "kyozo.yaml:2", "there is no service postgre; did you mean postgres?")]
    [InlineData("services:\n  odd: { start: run }", "kyozo.yaml:2", "nothing tells what it is made of")]
    [InlineData("services:\n  postgres: { type: postgres, environment: { POSTGRES_USER: me } }", "kyozo.yaml:2", "POSTGRES_USER not taken over")]
    public void What_leads_nowhere_is_told_with_its_line(string manifest, string path, string reason) =>
        Assert.Contains(Detect(manifest).Skipped, skipped => skipped.Path == path && skipped.Reason.Contains(reason, StringComparison.Ordinal));

    [Fact]
    public void Only_the_file_of_the_analysed_folder_counts()
    {
        var topology = Detect("services:\n  api: { path: api }", ("tools/kyozo.yaml", "services:\n  tools: { path: . }"));

        Assert.DoesNotContain(topology.Services, service => service.Path == "tools");
        Assert.Contains(topology.Skipped, skipped => skipped.Path == "tools/kyozo.yaml");
    }

    [Fact]
    public void A_stated_name_that_another_service_has_moves_that_one_aside()
    {
        var topology = Detect("services:\n  postgres: { path: api }");

        Assert.Equal(["postgres", "postgres-2"], topology.Services.Select(service => service.Name));
        Assert.Equal(("postgres", "postgres-2"), (topology.Dependencies.Single().From, topology.Dependencies.Single().To));
    }
}
