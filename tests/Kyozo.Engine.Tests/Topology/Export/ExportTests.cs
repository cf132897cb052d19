using System.Text.Json;
using Kyozo.Data;
using Kyozo.Data.Health;
using Kyozo.Data.Topology;
using Kyozo.Engine.Folders;
using Kyozo.Engine.Topology;
using Kyozo.Engine.Topology.Export;

namespace Kyozo.Engine.Tests.Topology.Export;

public sealed class ExportTests
{
    /// <summary>What the product does with a service, without why it is believed.</summary>
    static string Essence(FolderTopology topology) => JsonSerializer.Serialize(new
    {
        Services = topology.Services.Select(service => service with { Confidence = 1, Evidence = [], Alternatives = [] }),
        Edges = topology.Dependencies.Select(edge => edge with { Confidence = 1, Evidence = [] }),
    }, KyozoJson.Indented);

    static string Outline(FolderTopology topology) => JsonSerializer.Serialize(new
    {
        Services = topology.Services.Select(service => new { service.Name, service.Type, service.Port }).OrderBy(service => service.Name, StringComparer.Ordinal),
        Edges = topology.Dependencies.Select(edge => new { edge.From, edge.To, edge.Type, edge.EnvVariable }),
    }, KyozoJson.Indented);

    public static TheoryData<string> Names() => SampleTests.Names();

    [Theory, MemberData(nameof(Names))]
    public async Task Exported_kyozo_yaml_gives_the_same_services_and_edges(string name)
    {
        var snapshot = await FolderScanner.ScanAsync(Path.Combine(Samples.Folder, name), ScanOptions.Default, TestContext.Current.CancellationToken);
        var found = TopologyAnalyzer.Analyze(snapshot);

        var again = TopologyAnalyzer.Analyze(Snapshots.With(snapshot, "kyozo.yaml", TopologyExport.Write("kyozo", found)));

        Assert.DoesNotContain(again.Skipped, skipped => skipped.Path.StartsWith("kyozo.yaml", StringComparison.Ordinal));
        Assert.Equal(Essence(found), Essence(again));
    }

    [Theory, MemberData(nameof(Names))]
    public async Task Exported_compose_file_gives_the_same_services_and_edges(string name)
    {
        var snapshot = await FolderScanner.ScanAsync(Path.Combine(Samples.Folder, name), ScanOptions.Default, TestContext.Current.CancellationToken);
        var found = TopologyAnalyzer.Analyze(snapshot);

        var again = TopologyAnalyzer.Analyze(WithCompose(snapshot, TopologyExport.Write("compose", found)));

        Assert.Equal(Outline(found), Outline(again));
    }

    [Theory, MemberData(nameof(Names))]
    public async Task A_compose_file_stays_the_same_over_model_and_file_again(string name)
    {
        var snapshot = await FolderScanner.ScanAsync(Path.Combine(Samples.Folder, name), ScanOptions.Default, TestContext.Current.CancellationToken);
        var first = TopologyAnalyzer.Analyze(WithCompose(snapshot, TopologyExport.Write("compose", TopologyAnalyzer.Analyze(snapshot))));

        var second = TopologyAnalyzer.Analyze(WithCompose(snapshot, TopologyExport.Write("compose", first)));

        Assert.Equal(Essence(first), Essence(second));
        Assert.Equal(TopologyExport.Write("compose", first), TopologyExport.Write("compose", second));
    }

    static FolderSnapshot WithCompose(FolderSnapshot snapshot, string text) => Snapshots.With(
        snapshot with { Files = [.. snapshot.Files.Where(file => !file.Name.Contains("compose.", StringComparison.Ordinal) && file.Name is not ("kyozo.yaml" or "kyozo.yml"))] }, "compose.yaml", text);

    const string Full =
        """
        services:
          api:
            build: ./api
            ports: ["4000:4000"]
            environment: { DATABASE_URL: "postgres://app:${DB_PASSWORD}@db:5432/app", LOG_LEVEL: debug, PRICE: "5 $$ off", API_TOKEN: hunter2 }
            depends_on:
              db: { condition: service_healthy }
              cache: { condition: service_started, required: false }
            healthcheck: { test: [CMD-SHELL, "curl -f http://localhost:4000/healthz || exit 1"], interval: 1m30s, timeout: 2s, retries: 4 }
            volumes: ["uploads:/srv/uploads", "./api:/app", "/etc:/host"]
            deploy: { replicas: 2, resources: { limits: { cpus: "0.5", memory: 256M, pids: 99 }, reservations: { cpus: "0.1" } }, placement: { constraints: [node.role==manager] } }
            stop_grace_period: 1m
            privileged: true
          db:
            image: postgres:16
            environment: { POSTGRES_PASSWORD: hunter2 }
            volumes: ["pg:/var/lib/postgresql/data"]
          cache:
            image: redis:7
          tick:
            image: example/tick:1
            command: [sh, -c, "while true; do date; sleep 1; done"]
            healthcheck: { test: "pgrep tick | grep 1" }
            volumes: ["uploads:/in"]
        volumes: { pg: , uploads: }
        """;

    static readonly (string, string)[] Folder = [.. Snapshots.Shop, ("compose.yaml", Full)];

    [Fact]
    public void What_a_compose_file_says_about_running_is_taken_over()
    {
        var topology = Snapshots.Detect(Folder);

        var api = topology.Services.Single(service => service.Name == "api").Stated!;
        Assert.Equal((2, 0.5, 256L << 20, 99), (api.Replicas!.Value, api.Limits!.CpuCores!.Value, api.Limits.MemoryBytes!.Value, api.Limits.Pids!.Value));
        Assert.Equal(new("uploads", "/srv/uploads"), Assert.Single(api.Volumes));
        Assert.Equal([("LOG_LEVEL", "debug"), ("PRICE", "5 $ off")], api.Environment.Select(pair => (pair.Key, pair.Value)));
        var check = Assert.Single(api.HealthChecks);
        Assert.Equal((CheckType.Http, "/healthz", 4000, TimeSpan.FromSeconds(90), TimeSpan.FromSeconds(2), 4), (check.Type, check.Path, check.Port, check.Interval, check.Timeout, check.FailureThreshold));
        Assert.Null(topology.Services.Single(service => service.Name == "db").Stated);
    }

    [Theory]
    [InlineData("compose.yaml#api.privileged", "ignored: not allowed")]
    [InlineData("compose.yaml#api.volumes[/etc]", "ignored: not allowed")]
    [InlineData("compose.yaml#api.volumes[./api]", "a folder is not mounted")]
    [InlineData("compose.yaml#api.stop_grace_period", "grace period")]
    [InlineData("compose.yaml#api.deploy.placement", "not taken over")]
    [InlineData("compose.yaml#api.environment", "API_TOKEN")]
    [InlineData("compose.yaml#db.environment", "POSTGRES_PASSWORD")]
    [InlineData("compose.yaml#tick.healthcheck", "needs a shell")]
    [InlineData("compose.yaml#volumes.uploads", "api and tick get a volume each")]
    public void What_is_not_taken_over_is_told_with_the_reason_and_never_with_a_secret(string path, string reason)
    {
        var topology = Snapshots.Detect(Folder);

        Assert.Contains(topology.Skipped, skipped => skipped.Path == path && skipped.Reason.Contains(reason, StringComparison.Ordinal));
        Assert.DoesNotContain("hunter2", TopologyJson.Print(topology), StringComparison.Ordinal);
    }

    [Theory, InlineData("kyozo"), InlineData("compose")]
    public void Everything_a_compose_file_says_survives_export_and_import(string format)
    {
        // A volume of two services would get two names.
        var snapshot = Snapshots.Of([.. Snapshots.Shop, ("compose.yaml", Full.Replace("uploads:/in", "inbox:/in", StringComparison.Ordinal))]);
        var found = TopologyAnalyzer.Analyze(snapshot);
        var text = TopologyExport.Write(format, found);

        var again = TopologyAnalyzer.Analyze(format == "kyozo" ? Snapshots.With(snapshot, "kyozo.yaml", text) : WithCompose(snapshot, text));

        Assert.DoesNotContain("hunter2", text, StringComparison.Ordinal);
        if (format == "kyozo") Assert.Equal(Essence(found), Essence(again));
        else Assert.Equal(Outline(found), Outline(again));
        Assert.Equal(JsonSerializer.Serialize(found.Services.Single(one => one.Name == "api").Stated, KyozoJson.Compact), JsonSerializer.Serialize(again.Services.Single(one => one.Name == "api").Stated, KyozoJson.Compact));
    }

    [Fact]
    public void Volumes_of_a_compose_file_are_maps_as_other_readers_want_them() =>
        Assert.Contains("\n  db-data: {}\n", TopologyExport.Write("compose", Snapshots.Detect(Folder)), StringComparison.Ordinal);

    [Fact]
    public void Words_that_other_readers_take_for_something_else_are_quoted()
    {
        var text = TopologyExport.Write("kyozo", Snapshots.Detect([.. Snapshots.Shop, ("kyozo.yaml", "services:\n  api: { path: api, version: '20', environment: { A: 'no', B: '1e3', C: 'a: b # c', D: '*x', E: '0x1f', F: 'null ' } }")]));

        Assert.Contains("version: \"20\"", text, StringComparison.Ordinal);
        Assert.Contains("A: \"no\"", text, StringComparison.Ordinal);
        Assert.Contains("B: \"1e3\"", text, StringComparison.Ordinal);
        Assert.Contains("E: \"0x1f\"", text, StringComparison.Ordinal);
    }
}
