using System.Text.Json;
using Kyozo.Data.Health;
using Kyozo.Data.Topology;
using Kyozo.Engine.Topology.Manifest;

namespace Kyozo.Engine.Tests.Topology.Manifest;

public sealed class ManifestReaderTests
{
    const string Everything =
        """
        version: 1
        detect: false
        ignore: [tools, ./old/]
        services:
          api:
            type: nodejs
            path: api
            framework: express
            version: 22
            packageManager: npm
            install: npm ci
            build: npm run build
            start: node server.js --flag="a b" # the rest is a comment
            port: 8080
            publish: false
            health: { path: /healthz, interval: 30s, timeout: 1.5s, failures: 5 }
            environment: { LOG_LEVEL: debug, API_TOKEN: }
            dependencies:
              db: { variable: DATABASE_URL, template: "postgres://{user}:{password}@{host}:{port}/{database}" }
              cache: optional
            replicas: 3
            limits: { cpu: 0.5, memory: 256Mi, storage: 5Gi, pids: 100 }
            volumes: { uploads: /var/lib/uploads }
          db:
            type: postgres
          cache:
            image: valkey/valkey:8
        """;

    [Fact]
    public void Every_key_reaches_the_model()
    {
        var (manifest, problems) = ManifestReader.Read("kyozo.yaml", Everything);

        Assert.Empty(problems);
        Assert.False(manifest.Detect);
        Assert.Equal([("tools", 3), ("old", 3)], manifest.Ignored);
        var api = manifest.Services[0];
        Assert.Equal(("api", 5, ServiceType.Nodejs, "api", "express", "22", "npm"), (api.Name, api.Line, api.Type!.Value, api.Path, api.Framework, api.Version, api.PackageManager));
        Assert.Equal(("npm ci", "npm run build", "node server.js --flag=\"a b\"", 8080, false), (api.Install, api.Build, api.Start, api.Port!.Value, api.Publish!.Value));
        Assert.Equal((CheckType.Http, "/healthz", TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(1.5), 5), (api.Check!.Type, api.Check.Path, api.Check.Interval, api.Check.Timeout, api.Check.FailureThreshold));
        Assert.Equal([("API_TOKEN", null), ("LOG_LEVEL", "debug")], api.Environment.OrderBy(pair => pair.Key).Select(pair => (pair.Key, pair.Value)));
        Assert.Equal([("db", DependencyType.Requires, "DATABASE_URL"), ("cache", DependencyType.Optional, null)], api.Dependencies.Select(one => (one.To, one.Type, one.Variable)));
        Assert.Equal((0.5, 256L << 20, 5L << 30, 100), (api.Limits!.CpuCores!.Value, api.Limits.MemoryBytes!.Value, api.Limits.StorageBytes!.Value, api.Limits.Pids!.Value));
        Assert.Equal(new("uploads", "/var/lib/uploads"), Assert.Single(api.Volumes));
        Assert.Equal("valkey/valkey:8", manifest.Services[2].Image);
    }

    [Theory]
    [InlineData("services:\n  api:\n    prot: 80", 3, "unknown key 'prot'. Did you mean 'port'?")]
    [InlineData("services:\n  api:\n    path: .\n    enviroment: {A: b}", 4, "Did you mean 'environment'?")]
    [InlineData("service:\n  api: {}", 1, "Did you mean 'services'?")]
    [InlineData("services:\n  api:\n    quux: 1", 3, "There are: type, path")]
    [InlineData("services:\n  api:\n    limits: {cpus: 1}", 3, "Did you mean 'cpu'?")]
    [InlineData("services:\n  api:\n    port: 80\n    port: 81", 4, "'port' stands there twice")]
    public void Unknown_keys_are_refused_with_their_line_and_the_nearest_known_one(string text, int line, string message)
    {
        var problem = Assert.Single(ManifestReader.Read("kyozo.yaml", text).Problems);

        Assert.Equal(line, problem.Line);
        Assert.Contains(message, problem.Message, StringComparison.Ordinal);
    }

    public static TheoryData<string> Dangerous() =>
    [
        "privileged: true", "capAdd: [SYS_ADMIN]", "cap_add: [SYS_ADMIN]", "pidMode: host", "ipcMode: host", "utsMode: host", "networkMode: host", "network_mode: host", "binds: ['/:/h']", "devices: [/dev/sda]",
        "securityOpt: [seccomp=unconfined]", "sysctls: {a: 1}", "cgroupParent: /", "runtime: runc", "usernsMode: host", "oomKillDisable: true", "user: root", "extends: {file: ../../x}", "env_file: /etc/shadow", "include: [../x]",
    ];

    [Theory, MemberData(nameof(Dangerous))]
    public void Nothing_that_reaches_the_host_can_be_said(string key)
    {
        var problem = Assert.Single(ManifestReader.Read("kyozo.yaml", $"services:\n  api:\n    path: .\n    {key}").Problems);

        Assert.Equal(4, problem.Line);
        Assert.Contains($"'{key.Split(':')[0]}' is not allowed", problem.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("path: ../other-team")]
    [InlineData("path: /etc")]
    [InlineData("path: \"a\\nb\"")]
    [InlineData("dockerfile: ../../Dockerfile")]
    [InlineData("image: \"nginx; rm -rf /\"")]
    [InlineData("start: \"a\\nRUN evil\"")]
    [InlineData("port: 0")]
    [InlineData("port: 65536")]
    [InlineData("replicas: 101")]
    [InlineData("type: windows")]
    [InlineData("publish: maybe")]
    [InlineData("health: no-slash")]
    [InlineData("health: {type: exec}")]
    [InlineData("health: {interval: 10ms}")]
    [InlineData("limits: {cpu: 65}")]
    [InlineData("limits: {memory: 1k}")]
    [InlineData("limits: {memory: a lot}")]
    [InlineData("limits: {pids: 1}")]
    [InlineData("volumes: {data: /proc}")]
    [InlineData("volumes: {data: relative}")]
    [InlineData("volumes: {data: /a/../etc}")]
    [InlineData("volumes: {\"/host\": /data}")]
    [InlineData("volumes: [\"/:/host\"]")]
    [InlineData("environment: {\"A B\": c}")]
    [InlineData("environment: {API_TOKEN: abc}")]
    [InlineData("environment: {DB: \"postgres://u:p@db/x\"}")]
    [InlineData("environment: {A: [1]}")]
    [InlineData("dependencies: {api: }")]
    [InlineData("dependencies: {db: sometimes}")]
    [InlineData("dependencies: {db: {template: \"postgres://u:hunter2@{host}\"}}")]
    public void Values_that_cannot_be_are_refused_with_their_line(string key)
    {
        var problems = ManifestReader.Read("kyozo.yaml", $"services:\n  api:\n    {key}").Problems;

        Assert.Equal(3, Assert.Single(problems).Line);
        Assert.DoesNotContain("hunter2", problems[0].Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Everything_wrong_is_told_at_once_in_the_order_of_the_file()
    {
        var problems = ManifestReader.Read("kyozo.yaml", "services:\n  Api_1:\n    port: 1\n  web:\n    port: x\n    nope: 1\nmore: 1").Problems;

        Assert.Equal([2, 5, 6, 7], problems.Select(problem => problem.Line));
        Assert.Contains("'api-1'", problems[0].Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("- a\n- b")]
    [InlineData("services: [a]")]
    [InlineData("a: [")]
    [InlineData("services: &a {x: *a}")]
    public void What_is_no_kyozo_yaml_is_refused_and_never_throws(string text) => Assert.NotEmpty(ManifestReader.Read("kyozo.yaml", text).Problems);

    /// <summary>Run once with KYOZO_ACCEPT_TOPOLOGY=1 after a change of the keys.</summary>
    [Fact]
    public async Task Published_schema_is_the_one_the_reader_uses()
    {
        var file = Path.Combine(Samples.Repository, "docs", "schema", "kyozo.schema.json");
        if (Environment.GetEnvironmentVariable(Samples.AcceptVariable) == "1") await File.WriteAllTextAsync(file, ManifestSchema.Text(), TestContext.Current.CancellationToken);

        Assert.Equal(ManifestSchema.Text(), await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken));
        using var schema = JsonDocument.Parse(ManifestSchema.Text());
        Assert.False(schema.RootElement.GetProperty("additionalProperties").GetBoolean());
    }

    [Fact]
    public async Task Every_key_is_documented()
    {
        var page = await File.ReadAllTextAsync(Path.Combine(Samples.Repository, "docs", "kyozo-yaml.md"), TestContext.Current.CancellationToken);

        Assert.All(ManifestKeys.ServiceKeys, key => Assert.Contains($"| `{key.Name}` | {key.Description} |", page, StringComparison.Ordinal));
        Assert.All(ManifestKeys.RootKeys, key => Assert.Contains($"`{key.Name}`", page, StringComparison.Ordinal));
        Assert.All(ManifestKeys.CheckKeys, key => Assert.Contains($"| `health.{key.Name}` | {key.Description} |", page, StringComparison.Ordinal));
        Assert.All(ManifestKeys.DependencyKeys, key => Assert.Contains($"| `dependencies.NAME.{key.Name}` | {key.Description} |", page, StringComparison.Ordinal));
        Assert.All(ManifestKeys.LimitKeys, key => Assert.Contains($"| `limits.{key.Name}` | {key.Description} |", page, StringComparison.Ordinal));
    }
}
