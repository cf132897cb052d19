using System.Text.Json;
using Kyozo.Data;
using Kyozo.Data.Deployments;
using Kyozo.Data.Engines;
using Kyozo.Data.Events;
using Kyozo.Data.Health;
using Kyozo.Data.Metrics;
using Kyozo.Data.Permissions;
using Kyozo.Data.Scheduling;
using Kyozo.Data.ServiceInstances;
using Kyozo.Data.Tenancy;
using Kyozo.Data.Topology;
using Kyozo.Data.Workspaces;
using Kyozo.Testing;
using Microsoft.AspNetCore.Identity;

namespace Kyozo.Web.Tests.Seeding;

/// <summary>A team with people and a shop of six services that has been running for an hour.</summary>
public sealed class Shop
{
    public const string Password = "correct horse battery";
    static readonly TimeSpan Past = TimeSpan.FromHours(1);

    readonly TestDatabase _database;
    readonly DateTimeOffset _now = TimeProvider.System.GetUtcNow();

    Shop(TestDatabase database) => _database = database;

    public Team Team { get; private set; } = null!;
    public User Ada { get; private set; } = null!;
    public User Grace { get; private set; } = null!;
    public User Linus { get; private set; } = null!;
    public Workspace Workspace { get; private set; } = null!;
    public IReadOnlyDictionary<string, ServiceInstance> Services { get; private set; } = new Dictionary<string, ServiceInstance>();

    public static async Task<Shop> OpenAsync(TestDatabase database, CancellationToken cancellationToken, string slug = "tea", string suffix = "")
    {
        var shop = new Shop(database);
        await shop.PeopleAsync(slug, suffix, cancellationToken);
        await shop.ServicesAsync(cancellationToken);
        return shop;
    }

    async Task PeopleAsync(string slug, string suffix, CancellationToken cancellationToken)
    {
        Team = await A.TeamAsync(_database, cancellationToken, slug);
        await using var db = _database.OpenAsAdmin();
        Ada = Person("Ada Lovelace", $"ada{suffix}@example.com", isAdmin: true);
        Grace = Person("Grace Hopper", $"grace{suffix}@example.com");
        Linus = Person("Linus Torvalds", $"linus{suffix}@example.com");
        db.AddRange(Ada, Grace, Linus);
        db.AddRange(
            new TeamMembership { TeamId = Team.Id, UserId = Ada.Id, Role = TeamRole.Owner },
            new TeamMembership { TeamId = Team.Id, UserId = Grace.Id, Role = TeamRole.Admin },
            new TeamMembership { TeamId = Team.Id, UserId = Linus.Id, Role = TeamRole.Member });
        await db.SaveChangesAsync(cancellationToken);
    }

    static User Person(string name, string email, bool isAdmin = false)
    {
        var user = new User
        {
            Id = A.Id(),
            UserName = email,
            NormalizedUserName = email.ToUpperInvariant(),
            Email = email,
            NormalizedEmail = email.ToUpperInvariant(),
            DisplayName = name,
            IsInstallationAdmin = isAdmin,
            SecurityStamp = A.Id().ToString(),
            LockoutEnabled = true,
        };
        user.PasswordHash = new PasswordHasher<User>().HashPassword(user, Password);
        return user;
    }

    async Task ServicesAsync(CancellationToken cancellationToken)
    {
        Workspace = new Workspace
        {
            Id = A.Id(),
            TeamId = Team.Id,
            EngineId = WellKnown.LocalEngine,
            Name = "Tea shop",
            Slug = "shop",
            RootPath = "/srv/code/shop",
            ServiceTopology = Topology(),
        };
        var made = Topology().Services.ToDictionary(found => found.Name, Instance);
        Services = made;
        await using var db = _database.OpenAsAdmin();
        db.Add(Workspace);
        await db.SaveChangesAsync(cancellationToken);
        db.AddRange(made.Values);
        await db.SaveChangesAsync(cancellationToken);
        db.AddRange(Topology().Dependencies.Select(edge => new ServiceDependency
        {
            Id = A.Id(),
            TeamId = Team.Id,
            WorkspaceId = Workspace.Id,
            ServiceInstanceId = made[edge.From].Id,
            DependsOnId = made[edge.To].Id,
            DependencyType = edge.Type,
            EnvVariable = edge.EnvVariable,
        }));
        db.Add(new TopologyDetection
        {
            Id = A.Id(),
            TeamId = Team.Id,
            WorkspaceId = Workspace.Id,
            FolderPath = "/",
            DetectedPatterns = "{}",
            ConfidenceScores = "{}",
            RecommendedServices = Topology().Services,
            ServiceGraph = Topology(),
            DeploymentStrategy = DeploymentStrategy.MultiContainer,
            DetectedAt = _now - Past,
            RequestedBy = Ada.Id,
        });
        db.AddRange(new[] { PermissionType.DeployService, PermissionType.ViewLogs, PermissionType.StopService }.Select(permission => new ServicePermission
        {
            Id = A.Id(),
            TeamId = Team.Id,
            ServiceInstanceId = made["web"].Id,
            UserId = Linus.Id,
            PermissionType = permission,
            GrantedBy = Grace.Id,
            GrantedAt = _now - Past,
        }));
        await db.SaveChangesAsync(cancellationToken);
        await RunningAsync(db, made, cancellationToken);
    }

    ServiceInstance Instance(DetectedService found)
    {
        var service = new ServiceInstance
        {
            Id = A.Id(),
            TeamId = Team.Id,
            WorkspaceId = Workspace.Id,
            Name = found.Name,
            FolderPath = found.Path is null ? "/" : "/" + found.Path,
            ServiceType = found.Type,
            WantedRunning = true,
            DeploymentConfig = new()
            {
                Framework = found.Framework,
                StartCommand = found.StartCommand,
                Environment = found.Name == "web" ? new Dictionary<string, string> { ["LOG_LEVEL"] = "info", ["GREETING"] = "welcome" } : [],
                HealthChecks = found.HealthPath is { } path ? [new() { Type = CheckType.Http, Path = path }] : [],
            },
            PortMappings = found.Port is { } port ? [new(port, found.HealthPath is null ? PortProtocol.Tcp : PortProtocol.Http, found.Name is "web")] : [],
            ScalingConfig = new() { Replicas = found.Name == "web" ? 2 : 1 },
            Health = found.Name == "worker" ? HealthState.Unhealthy : HealthState.Healthy,
            HealthSince = _now - Past,
        };
        service.ChangeStatus(ServiceStatus.Starting, null, _now - Past);
        service.ChangeStatus(ServiceStatus.Running, null, _now - Past);
        if (found.Name == "worker") service.ChangeStatus(ServiceStatus.CrashLooping, "Ended 4 times in 2 minutes: exit code 1, ECONNREFUSED redis:6379", _now - TimeSpan.FromMinutes(3));
        return service;
    }

    async Task RunningAsync(KyozoContext db, IReadOnlyDictionary<string, ServiceInstance> services, CancellationToken cancellationToken)
    {
        var number = 0;
        foreach (var service in services.Values)
        {
            for (var replica = 1; replica <= service.ScalingConfig.Replicas; replica++)
            {
                var container = new ServiceContainer
                {
                    Id = A.Id(),
                    TeamId = Team.Id,
                    ServiceInstanceId = service.Id,
                    EngineId = WellKnown.LocalEngine,
                    Replica = replica,
                    Epoch = 1,
                    SpecHash = "x",
                    ContainerId = Convert.ToHexString(Guid.CreateVersion7(_now).ToByteArray()).ToLowerInvariant(),
                    ContainerName = $"kyozo-shop-{service.Name}-{replica}",
                    ImageId = "sha256:0123456789abcdef",
                    Status = service.Name == "worker" ? ContainerStatus.Exited : ContainerStatus.Running,
                    InService = service.Name != "worker",
                    RestartCount = service.Name == "worker" ? 4 : 0,
                    HostPorts = service.PortMappings.ToDictionary(port => port.ContainerPort, _ => 21000 + ++number),
                    CreatedAt = _now - Past,
                };
                db.Add(container);
            }

            AddChecks(db, service);
            AddMetrics(db, service);
        }

        db.Add(new PortReservation
        {
            Id = A.Id(),
            EngineId = WellKnown.LocalEngine,
            TeamId = Team.Id,
            ServiceInstanceId = services["web"].Id,
            Port = FreePort(),
            Use = PortUse.Gateway,
            ContainerPort = 3000,
            ReservedAt = _now - Past,
        });
        await db.SaveChangesAsync(cancellationToken);
        await DeploymentsAsync(db, services, cancellationToken);
    }

    static int _ports = 20000;

    static int FreePort() => Interlocked.Increment(ref _ports);

    void AddChecks(KyozoContext db, ServiceInstance service)
    {
        for (var i = 0; i < 180; i++)
        {
            var bad = service.Name == "worker" && i < 15 || service.Name == "api" && i is 61 or 62;
            db.Add(new HealthCheck
            {
                Id = A.Id(),
                TeamId = Team.Id,
                ServiceInstanceId = service.Id,
                CheckType = service.DeploymentConfig.HealthChecks.Count > 0 ? CheckType.Http : CheckType.Docker,
                Status = bad ? CheckStatus.Unhealthy : CheckStatus.Healthy,
                ResponseTimeMs = bad ? null : 3 + i % 7,
                CheckedAt = _now - TimeSpan.FromSeconds(10 * i + 2),
                ErrorMessage = bad ? "expected status 200..399, got 503" : null,
            });
        }
    }

    void AddMetrics(KyozoContext db, ServiceInstance service)
    {
        var phase = service.Name.Length;
        for (var i = 0; i < 240; i++)
        {
            var at = _now - TimeSpan.FromSeconds(15 * i);
            // The worker of this time away: a gap is shown as a gap.
            if (i is > 90 and < 120) continue;
            Add(MetricType.Cpu, 0.18 + 0.12 * Math.Sin(i / 9.0 + phase) + 0.03 * Math.Sin(i), "ratio");
            Add(MetricType.Memory, 0.42 + 0.0004 * (240 - i) + 0.02 * Math.Sin(i / 15.0), "ratio");
            Add(MetricType.Disk, 0.03, "ratio");
            Add(MetricType.Network, 42_000 + 20_000 * Math.Sin(i / 12.0), "bytes_received");
            Add(MetricType.Network, 96_000 + 40_000 * Math.Sin(i / 10.0), "bytes_sent");
            Add(MetricType.Network, 120 + 40 * Math.Sin(i / 10.0), "packets_received");
            Add(MetricType.Network, 140 + 30 * Math.Sin(i / 11.0), "packets_sent");
            if (service.Name != "web") continue;
            Add(MetricType.Requests, Math.Max(0, 60 + 30 * Math.Sin(i / 14.0)), "count");
            Add(MetricType.Errors, i % 40 == 7 ? 2 : 0, "count");

            void Add(MetricType type, double value, string unit) => db.Add(new ServiceMetric
            {
                Id = A.Id(),
                TeamId = Team.Id,
                ServiceInstanceId = service.Id,
                MetricType = type,
                Value = value,
                Unit = unit,
                RecordedAt = at,
            });
        }
    }

    async Task DeploymentsAsync(KyozoContext db, IReadOnlyDictionary<string, ServiceInstance> services, CancellationToken cancellationToken)
    {
        var ids = services.Values.Select(service => service.Id).ToList();
        var waves = new Dictionary<string, int> { ["postgres"] = 0, ["redis"] = 0, ["prices"] = 0, ["worker"] = 1, ["api"] = 1, ["web"] = 2 };
        var plan = new DeploymentPlan
        {
            Summary = "Build 4 images, start 6 services in 3 waves.",
            Services = [.. services.Values.Select(service => new PlannedService(service.Id, service.Name, waves[service.Name], PlannedChange.Create, "first containers", false))],
        };
        var first = Deployment(DeploymentKind.Deploy, DeploymentStatus.Succeeded, ids, _now - Past, TimeSpan.FromSeconds(74), "6 services run in 3 waves.", plan);
        var second = Deployment(DeploymentKind.Restart, DeploymentStatus.Failed, [services["worker"].Id], _now - TimeSpan.FromMinutes(4), TimeSpan.FromSeconds(31), "worker did not become healthy within 30 s; what ran before still runs.", null);
        db.AddRange(first, second);
        await db.SaveChangesAsync(cancellationToken);
        var ordinal = 0;
        foreach (var (name, wave) in waves.OrderBy(pair => pair.Value))
        {
            var start = first.CreatedAt.AddSeconds(2 + 18 * wave);
            foreach (var (kind, seconds, detail) in new (StepKind, int, string?)[] { (StepKind.Build, 14, wave == 0 && name != "prices" ? "image from the catalogue" : null), (StepKind.Start, 1, null), (StepKind.Verify, 3, null), (StepKind.Switch, 0, null) })
            {
                db.Add(new DeploymentStep
                {
                    Id = A.Id(),
                    TeamId = Team.Id,
                    DeploymentId = first.Id,
                    ServiceInstanceId = services[name].Id,
                    Ordinal = ++ordinal,
                    Wave = wave,
                    Kind = kind,
                    Status = kind is StepKind.Switch && name != "web" ? StepStatus.Skipped : StepStatus.Succeeded,
                    Detail = detail,
                    StartedAt = start,
                    FinishedAt = start.AddSeconds(seconds),
                });
                start = start.AddSeconds(seconds);
            }
        }

        db.Add(new DeploymentStep { Id = A.Id(), TeamId = Team.Id, DeploymentId = second.Id, ServiceInstanceId = services["worker"].Id, Ordinal = 1, Wave = 0, Kind = StepKind.Start, Status = StepStatus.Succeeded, StartedAt = second.CreatedAt, FinishedAt = second.CreatedAt.AddSeconds(1) });
        db.Add(new DeploymentStep { Id = A.Id(), TeamId = Team.Id, DeploymentId = second.Id, ServiceInstanceId = services["worker"].Id, Ordinal = 2, Wave = 0, Kind = StepKind.Verify, Status = StepStatus.Failed, Detail = "exit code 1 after 0.4 s", StartedAt = second.CreatedAt.AddSeconds(1), FinishedAt = second.CreatedAt.AddSeconds(31) });
        db.Add(new JobRun { Id = A.Id(), JobName = "health-checks", StartedAt = _now.AddSeconds(-8), FinishedAt = _now.AddSeconds(-7.6), Succeeded = true, Outcome = "6 services probed", Node = "worker-1" });
        db.Add(new JobRun { Id = A.Id(), JobName = "archive", StartedAt = _now.AddHours(-5), FinishedAt = _now.AddHours(-5).AddSeconds(2), Succeeded = true, Outcome = "0 partitions archived", Node = "worker-1" });
        await db.SaveChangesAsync(cancellationToken);
        await EventsAsync(services, cancellationToken);
    }

    Deployment Deployment(DeploymentKind kind, DeploymentStatus status, IReadOnlyList<Guid> services, DateTimeOffset at, TimeSpan took, string outcome, DeploymentPlan? plan) => new()
    {
        Id = A.Id(),
        TeamId = Team.Id,
        WorkspaceId = Workspace.Id,
        EngineId = WellKnown.LocalEngine,
        Kind = kind,
        Status = status,
        RequestedBy = Ada.Id,
        Request = new() { ServiceIds = services },
        Plan = plan,
        Outcome = outcome,
        CreatedAt = at,
        StartedAt = at.AddSeconds(1),
        FinishedAt = at + took,
    };

    async Task EventsAsync(IReadOnlyDictionary<string, ServiceInstance> services, CancellationToken cancellationToken)
    {
        await using var provider = _database.BuildServices(_database.Admin);
        var events = (EventLog)provider.GetService(typeof(EventLog))!;
        await using var db = _database.OpenAsAdmin();
        foreach (var service in services.Values)
        {
            await events.AppendAsync(db, new NewEvent(Team.Id, service.Id, EventType.DeploymentStarted, new { deployment = 1 }, UserId: Ada.Id), cancellationToken);
            await events.AppendAsync(db, new NewEvent(Team.Id, service.Id, EventType.ServiceStarted, new { replicas = service.ScalingConfig.Replicas }), cancellationToken);
            await events.AppendAsync(db, new NewEvent(Team.Id, service.Id, EventType.DeploymentCompleted, new { deployment = 1 }, Duration: TimeSpan.FromSeconds(18), UserId: Ada.Id), cancellationToken);
        }

        await events.AppendAsync(db, new NewEvent(Team.Id, services["worker"].Id, EventType.HealthCheckFailed, new { check = "docker" }, "exit code 1, ECONNREFUSED redis:6379"), cancellationToken);
        await events.AppendAuditAsync(db, new NewAuditEvent(Team.Id, "permission_granted", new { permission = "view_logs" }, Grace.Id, "service", services["web"].Id), cancellationToken);
    }

    static FolderTopology Topology()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Kyozo.sln"))) folder = Path.GetDirectoryName(folder)!;
        var json = File.ReadAllText(Path.Combine(folder, "tests", "Kyozo.Web.Tests", "Seeding", "shop.json"));
        return JsonSerializer.Deserialize<FolderTopology>(json, KyozoJson.Compact)!;
    }
}
