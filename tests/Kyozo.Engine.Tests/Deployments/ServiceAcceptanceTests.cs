using Kyozo.Data.Health;
using Kyozo.Data.Permissions;
using Kyozo.Data.ServiceInstances;
using Kyozo.Data.Topology;
using Kyozo.Engine.ServiceInstances;
using Kyozo.Testing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Kyozo.Engine.Tests.Deployments;

public sealed class ServiceAcceptanceTests(DockerFixture docker, PostgresFixture postgres)
{
    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Detected_services_become_rows_with_ports_checks_volumes_and_edges()
    {
        await using var bench = await DeploymentBench.StartAsync(docker, postgres, Cancellation);

        var ids = await AcceptAsync(bench, [Web, Worker, Database], ["web", "worker", "postgres"], Edge("web", "postgres"));

        var web = await bench.ServiceAsync(ids[0], Cancellation);
        Assert.Equal(("web", "/web", ServiceType.Nodejs, ServiceStatus.Detected), (web.Name, web.FolderPath, web.ServiceType, web.Status));
        Assert.Equal([new PortMapping(3000, PortProtocol.Http, true)], web.PortMappings);
        var check = Assert.Single(web.DeploymentConfig.HealthChecks);
        Assert.Equal((CheckType.Http, "/health"), (check.Type, check.Path));
        Assert.Equal(CheckType.Docker, Assert.Single((await bench.ServiceAsync(ids[1], Cancellation)).DeploymentConfig.HealthChecks).Type);

        var postgresRow = await bench.ServiceAsync(ids[2], Cancellation);
        Assert.Equal([new PortMapping(5432, PortProtocol.Tcp, false)], postgresRow.PortMappings);
        Assert.Equal(["/"], [postgresRow.FolderPath]);
        Assert.Equal("data", Assert.Single(postgresRow.DeploymentConfig.Volumes).Name);
        Assert.Contains("app", Assert.Single(postgresRow.DeploymentConfig.HealthChecks).Command);
        await using var db = bench.Database.OpenAsAdmin();
        var edge = await db.ServiceDependencies.SingleAsync(Cancellation);
        Assert.Equal((ids[0], ids[2], "DATABASE_URL", 0), (edge.ServiceInstanceId, edge.DependsOnId, edge.EnvVariable, edge.StartupOrder));
    }

    [Fact]
    public async Task Taken_over_again_what_people_changed_stays_and_the_rest_follows_the_folder()
    {
        await using var bench = await DeploymentBench.StartAsync(docker, postgres, Cancellation);
        var id = (await AcceptAsync(bench, [Web], ["web"]))[0];
        await bench.ChangeAsync(id, s => s.DeploymentConfig = s.DeploymentConfig with { StartCommand = "node mine.js", Environment = new Dictionary<string, string> { ["A"] = "1" } }, Cancellation);

        var again = await AcceptAsync(bench, [Web with { Version = "20", StartCommand = "node theirs.js", Port = 4000 }], ["web"]);

        Assert.Equal([id], again);
        var web = await bench.ServiceAsync(id, Cancellation);
        Assert.Equal(("node mine.js", "20", 4000), (web.DeploymentConfig.StartCommand, web.DeploymentConfig.Version, web.PortMappings[0].ContainerPort));
        Assert.Equal("1", web.DeploymentConfig.Environment["A"]);
        Assert.Equal(2, web.Generation);
        Assert.Equal(["configuration_updated"], await bench.EventsAsync(id, Cancellation));
    }

    [Fact]
    public async Task An_edge_comes_when_both_ends_are_taken_over_and_two_that_need_each_other_can_start()
    {
        await using var bench = await DeploymentBench.StartAsync(docker, postgres, Cancellation);
        await AcceptAsync(bench, [Web, Worker], ["web"], Edge("web", "worker"), Edge("worker", "web"));
        await using var db = bench.Database.OpenAsAdmin();
        Assert.Equal(0, await db.ServiceDependencies.CountAsync(Cancellation));

        await AcceptAsync(bench, [Web, Worker], ["worker"], Edge("web", "worker"), Edge("worker", "web"));

        Assert.Equal([DependencyType.Optional, DependencyType.Requires], (await db.ServiceDependencies.Select(d => d.DependencyType).ToListAsync(Cancellation)).OrderByDescending(t => t));
    }

    [Fact]
    public async Task What_the_analysis_did_not_find_is_refused_and_leaves_nothing()
    {
        await using var bench = await DeploymentBench.StartAsync(docker, postgres, Cancellation);

        var refused = await Assert.ThrowsAsync<AcceptanceRefusedException>(() => AcceptAsync(bench, [Web], ["web", "ghost"]));

        Assert.Equal("The analysis found no service named ghost.", refused.Message);
        await using var db = bench.Database.OpenAsAdmin();
        Assert.Equal(0, await db.ServiceInstances.CountAsync(Cancellation));
    }

    static DetectedService Web => new() { Name = "web", Path = "web", Type = ServiceType.Nodejs, Port = 3000, HealthPath = "/health", StartCommand = "node server.js", Version = "18", Confidence = 0.9 };
    static DetectedService Worker => new() { Name = "worker", Path = "worker", Type = ServiceType.Nodejs, StartCommand = "node worker.js", Confidence = 0.9 };
    static DetectedService Database => new() { Name = "postgres", Type = ServiceType.Postgres, Confidence = 0.9 };
    static DetectedDependency Edge(string from, string to) => new(from, to, DependencyType.Requires, "DATABASE_URL", 0.9, []);

    static async Task<IReadOnlyList<Guid>> AcceptAsync(DeploymentBench bench, DetectedService[] services, string[] names, params DetectedDependency[] edges)
    {
        var graph = new FolderTopology { Folder = "/shop", Strategy = DeploymentStrategy.MultiContainer, Services = services, Dependencies = edges, Skipped = [] };
        var detection = new TopologyDetection
        {
            Id = A.Id(),
            TeamId = bench.Team.Id,
            WorkspaceId = bench.Workspace.Id,
            FolderPath = "/",
            DetectedPatterns = "{}",
            ConfidenceScores = "{}",
            RecommendedServices = services,
            ServiceGraph = graph,
            DeploymentStrategy = graph.Strategy,
            DetectedAt = TimeProvider.System.GetUtcNow(),
        };
        await using (var db = bench.Database.OpenAsAdmin())
        {
            db.Add(detection);
            await db.SaveChangesAsync(Cancellation);
        }

        return await bench.Worker().GetRequiredService<ServiceAcceptance>().AcceptAsync(new Actor(bench.Owner.UserId, bench.Team.Id), bench.Workspace.Id, new(detection.Id, names), Cancellation);
    }
}
