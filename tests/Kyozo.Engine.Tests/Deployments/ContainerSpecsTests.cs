using Kyozo.Data.ServiceInstances;
using Kyozo.Data.Topology;
using Kyozo.Engine.Containers;
using Kyozo.Engine.Deployments;

namespace Kyozo.Engine.Tests.Deployments;

public sealed class ContainerSpecsTests
{
    static readonly byte[] Key = new byte[32];

    [Fact]
    public void A_container_carries_name_network_alias_labels_and_ports()
    {
        var blueprint = Blueprint();

        var spec = ContainerSpecs.Build(blueprint, new("kyozo-shop-web-2-x", 2, 7, new Dictionary<int, int> { [3000] = 21003 }), "hash");

        Assert.Equal("kyozo-shop-web-2-x", spec.Name);
        Assert.Equal(ContainerNames.Network("acme", "shop", blueprint.Workspace.Id), spec.Network);
        Assert.Equal(["web"], spec.Aliases);
        Assert.Equal([new PublishedPort(3000, 21003)], spec.Ports);
        Assert.Equal(("7", "2", "hash", "web"), (spec.Labels[KyozoLabels.Epoch], spec.Labels[KyozoLabels.Replica], spec.Labels[KyozoLabels.SpecHash], spec.Labels[KyozoLabels.ServiceName]));
        Assert.Equal(blueprint.Installation.ToString(), spec.Labels[KyozoLabels.Installation]);
    }

    [Fact]
    public void Limits_come_from_service_then_workspace_then_Kyozo()
    {
        var blueprint = Blueprint();
        blueprint.Service.ResourceLimits = new() { CpuCores = 2 };
        blueprint.Workspace.DefaultResourceLimits = new() { CpuCores = 4, MemoryBytes = 64L << 20 };

        var spec = ContainerSpecs.Build(blueprint, Place, "");

        Assert.Equal((2d, 64L << 20, EffectiveLimits.Default.Pids), (spec.CpuCores, spec.MemoryBytes, spec.Pids));
    }

    [Fact]
    public void The_workspaces_defaults_fill_every_limit_that_a_service_leaves_empty()
    {
        var workspace = new ResourceLimits { CpuCores = 3, MemoryBytes = 96L << 20, StorageBytes = 2L << 30, Pids = 77 };

        Assert.Equal(new EffectiveLimits(3, 96L << 20, 2L << 30, 77), EffectiveLimits.Of(new(), workspace));
        Assert.Equal(new EffectiveLimits(1.5, 32L << 20, 1L << 30, 55), EffectiveLimits.Of(new() { CpuCores = 1.5, MemoryBytes = 32L << 20, StorageBytes = 1L << 30, Pids = 55 }, workspace));
        Assert.Equal(EffectiveLimits.Default, EffectiveLimits.Of(new(), new()));
    }

    [Fact]
    public void The_deployment_environment_is_a_label_and_a_change_of_it_makes_new_containers()
    {
        var (production, staging) = (Blueprint(), Blueprint());
        staging.Workspace.DeploymentEnvironment = "staging";

        Assert.Equal("production", ContainerSpecs.Build(production, Place, "").Labels[KyozoLabels.Environment]);
        Assert.Equal("staging", ContainerSpecs.Build(staging, Place, "").Labels[KyozoLabels.Environment]);
        Assert.NotEqual(ContainerSpecs.Hash(production, Key), ContainerSpecs.Hash(staging, Key));
    }

    [Fact]
    public void A_backing_service_is_bound_to_no_port_of_the_machine()
    {
        var blueprint = Blueprint();
        blueprint.Service.ServiceType = ServiceType.Redis;
        blueprint.Service.PortMappings = [new(6379, PortProtocol.Tcp, false)];

        Assert.Empty(ContainerSpecs.BoundPorts(blueprint.Service));
    }

    [Fact]
    public void Capabilities_are_given_only_to_what_a_person_brought_or_a_template_asks_for()
    {
        var blueprint = Blueprint();
        Assert.Empty(ContainerSpecs.Build(blueprint, Place, "").Capabilities);
        Assert.Equal(["SETUID"], ContainerSpecs.Build(blueprint with { Capabilities = ["SETUID"] }, Place, "").Capabilities);

        blueprint.Service.DeploymentConfig = new() { Dockerfile = "Dockerfile" };
        Assert.Equal(["CHOWN", "NET_BIND_SERVICE", "SETGID", "SETUID"], ContainerSpecs.Build(blueprint, Place, "").Capabilities);
    }

    [Fact]
    public void The_hash_sees_every_change_that_a_container_would_feel()
    {
        var hash = Hash(_ => { });

        Assert.Equal(hash, Hash(_ => { }));
        Assert.NotEqual(hash, Hash(s => s.ResourceLimits = new() { Pids = 99 }));
        Assert.NotEqual(hash, Hash(s => s.PortMappings = [new(3001, PortProtocol.Http, true)]));
        Assert.NotEqual(hash, Hash(s => s.DeploymentConfig = new() { Volumes = [new("data", "/data")] }));
        Assert.NotEqual(hash, ContainerSpecs.Hash(Blueprint() with { ImageId = "sha256:2" }, Key));
        Assert.NotEqual(hash, ContainerSpecs.Hash(Blueprint() with { Environment = new Dictionary<string, string> { ["A"] = "2" } }, Key));
        Assert.NotEqual(hash, ContainerSpecs.Hash(Blueprint(), [.. Key.Select(_ => (byte)1)]));
    }

    [Fact]
    public void The_hash_does_not_see_what_differs_between_replicas_or_what_no_container_feels()
    {
        Assert.Equal(Hash(_ => { }), Hash(s => s.ScalingConfig = new() { Replicas = 5 }));
        Assert.Equal(Hash(_ => { }), Hash(s => s.DeploymentConfig = new() { HealthChecks = [new() { Type = Data.Health.CheckType.Tcp }] }));
    }

    [Fact]
    public void Two_variables_cannot_be_mistaken_for_one()
    {
        var one = Blueprint() with { Environment = new Dictionary<string, string> { ["A"] = "1\nenv B=1:2" } };
        var two = Blueprint() with { Environment = new Dictionary<string, string> { ["A"] = "1", ["B"] = "2" } };

        Assert.NotEqual(ContainerSpecs.Hash(one, Key), ContainerSpecs.Hash(two, Key));
    }

    [Fact]
    public void Equal_words_of_two_teams_make_different_names()
    {
        Assert.NotEqual(ContainerNames.Volume("shop", "db", "data", Plans.Id("a")), ContainerNames.Volume("shop", "db", "data", Plans.Id("b")));
        Assert.NotEqual(ContainerNames.Network("t", "shop", Plans.Id("a")), ContainerNames.Network("t", "shop", Plans.Id("b")));
    }

    static readonly ContainerPlace Place = new("c", 1, 1, new Dictionary<int, int>());

    static string Hash(Action<ServiceInstance> change)
    {
        var blueprint = Blueprint();
        change(blueprint.Service);
        return ContainerSpecs.Hash(blueprint, Key);
    }

    static ContainerBlueprint Blueprint()
    {
        var service = Plans.Service("web");
        service.PortMappings = [new(3000, PortProtocol.Http, true)];
        return new()
        {
            Installation = Plans.Id("installation"),
            Team = new() { Id = Plans.Id("team"), Name = "Acme", Slug = "acme" },
            Workspace = new() { Id = Plans.Id("workspace"), TeamId = Plans.Id("team"), EngineId = Plans.Id("engine"), Name = "Shop", Slug = "shop", RootPath = "/shop" },
            Service = service,
            ImageId = "sha256:1",
            Environment = new Dictionary<string, string> { ["A"] = "1" },
        };
    }
}
