using Kyozo.Data.Deployments;
using Kyozo.Data.ServiceInstances;
using Kyozo.Data.Topology;
using Kyozo.Engine.Deployments;

namespace Kyozo.Engine.Tests.Deployments;

public sealed class DeploymentPlannerTests
{
    [Fact]
    public void A_first_deployment_creates_all_in_waves()
    {
        var plan = Plans.Plan(DeploymentKind.Deploy, [Plans.New("web"), Plans.New("api"), Plans.New("db")], [Plans.Requires("web", "api"), Plans.Requires("api", "db")]);

        Assert.Equal("Build 3 images, start 3 services in 3 waves.", plan.Summary);
        Assert.Equal(["db", "api", "web"], plan.Services.Select(s => s.Name));
        Assert.All(plan.Services, s => Assert.Equal((PlannedChange.Create, "first deployment"), (s.Change, s.Reason)));
        Assert.Empty(plan.Refusals);
    }

    [Theory]
    [InlineData(DeploymentKind.Deploy, null, true)]
    [InlineData(DeploymentKind.Start, null, true)]
    [InlineData(DeploymentKind.Restart, null, true)]
    [InlineData(DeploymentKind.Rollback, null, true)]
    [InlineData(DeploymentKind.Scale, 2, true)]
    [InlineData(DeploymentKind.Scale, 0, false)]
    [InlineData(DeploymentKind.Stop, null, false)]
    [InlineData(DeploymentKind.Delete, null, false)]
    public void A_workspace_that_is_switched_off_only_stops(DeploymentKind kind, int? replicas, bool refused)
    {
        var web = Plans.Running("web");
        var facts = new PlanningFacts { Kind = kind, Request = new() { ServiceIds = [web.Service.Id], Replicas = replicas }, SwitchedOff = "Shop", Services = [web], Edges = [] };

        const string reason = "Containers are switched off for the workspace Shop; switch them on in its settings to deploy and start its services.";
        Assert.Equal(refused, DeploymentPlanner.Plan(facts).Refusals.Contains(reason));
        Assert.DoesNotContain(reason, DeploymentPlanner.Plan(facts with { SwitchedOff = null }).Refusals);
    }

    [Fact]
    public void Nothing_changed_nothing_done()
    {
        var plan = Plans.Plan(DeploymentKind.Deploy, [Plans.Running("web"), Plans.Running("api", replicas: 3)]);

        Assert.Equal("Nothing to do: everything is as wanted.", plan.Summary);
        Assert.All(plan.Services, s => Assert.Equal(PlannedChange.Nothing, s.Change));
    }

    [Fact]
    public void Changed_content_builds_again()
    {
        var plan = Plans.Plan(DeploymentKind.Deploy, [Plans.Running("web") with { WantedContent = "content-2" }, Plans.Running("api")]);

        Assert.Equal("Build 1 image, replace 1 service; 1 unchanged.", plan.Summary);
        Assert.Equal(PlannedChange.Rebuild, Of(plan, "web").Change);
        Assert.False(Of(plan, "web").Downtime);
    }

    [Fact]
    public void Rebuild_is_done_when_asked_for_although_nothing_changed()
    {
        var web = Plans.Running("web");

        var plan = Plans.Plan(DeploymentKind.Deploy, [web], request: new() { ServiceIds = [web.Service.Id], Rebuild = true });

        Assert.Equal((PlannedChange.Rebuild, "rebuild asked for"), (Of(plan, "web").Change, Of(plan, "web").Reason));
    }

    [Fact]
    public void Changed_configuration_makes_new_containers_of_the_same_image()
    {
        var plan = Plans.Plan(DeploymentKind.Deploy, [Plans.Running("web") with { WantedSpec = "spec-2" }]);

        Assert.Equal((PlannedChange.Recreate, "its configuration changed"), (Of(plan, "web").Change, Of(plan, "web").Reason));
    }

    [Fact]
    public void A_service_with_data_is_down_while_it_is_replaced_and_the_plan_says_so()
    {
        var plan = Plans.Plan(DeploymentKind.Deploy, [Plans.Running("db", volume: true) with { WantedSpec = "spec-2" }, Plans.Running("web") with { WantedSpec = "spec-2" }]);

        Assert.True(Of(plan, "db").Downtime);
        Assert.False(Of(plan, "web").Downtime);
    }

    [Fact]
    public void A_published_tcp_port_stops_first()
    {
        var service = Plans.Service("mail");
        service.PortMappings = [new(25, PortProtocol.Tcp, true)];

        Assert.True(DeploymentPlanner.StopsFirst(service));
        service.PortMappings = [new(80, PortProtocol.Http, true), new(9000, PortProtocol.Tcp, false)];
        Assert.False(DeploymentPlanner.StopsFirst(service));
    }

    [Fact]
    public void A_deployment_starts_what_was_stopped()
    {
        Assert.Equal(PlannedChange.Start, Of(Plans.Plan(DeploymentKind.Deploy, [Plans.Stopped("web")]), "web").Change);
        Assert.Equal(PlannedChange.Start, Of(Plans.Plan(DeploymentKind.Start, [Plans.Stopped("web")]), "web").Change);
        Assert.Equal("runs already", Of(Plans.Plan(DeploymentKind.Start, [Plans.Running("web")]), "web").Reason);
    }

    [Fact]
    public void Start_of_what_was_never_deployed_is_refused()
    {
        var plan = Plans.Plan(DeploymentKind.Start, [Plans.New("web")]);

        Assert.Equal(["web was never deployed: deploy it first."], plan.Refusals);
        Assert.Equal("This cannot be done.", plan.Summary);
    }

    [Fact]
    public void Stop_names_who_will_miss_it()
    {
        var (web, api, db) = (Plans.Running("web"), Plans.Running("api"), Plans.Running("db"));

        var plan = Plans.Plan(DeploymentKind.Stop, [web, api, db], [Plans.Requires("api", "db"), Plans.Requires("web", "db")], new() { ServiceIds = [db.Service.Id] });

        Assert.Equal("asked for; api and web will miss it", Of(plan, "db").Reason);
        Assert.Equal(0, Of(plan, "db").Replicas);
        Assert.Empty(plan.Refusals);
    }

    [Theory]
    [InlineData(3, PlannedChange.Scale, "from 1 to 3 replicas")]
    [InlineData(0, PlannedChange.Scale, "from 1 to 0 replicas")]
    [InlineData(1, PlannedChange.Nothing, "has 1 replica already")]
    public void Scale_goes_to_the_number(int replicas, PlannedChange change, string reason)
    {
        var web = Plans.Running("web");

        var planned = Of(Plans.Plan(DeploymentKind.Scale, [web], request: new() { ServiceIds = [web.Service.Id], Replicas = replicas }), "web");

        Assert.Equal((change, reason, replicas), (planned.Change, planned.Reason, planned.Replicas));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(101)]
    [InlineData(null)]
    public void Scale_to_an_impossible_number_is_refused(int? replicas)
    {
        var web = Plans.Running("web");

        Assert.Equal(["web can have 0 to 100 replicas."], Plans.Plan(DeploymentKind.Scale, [web], request: new() { ServiceIds = [web.Service.Id], Replicas = replicas }).Refusals);
    }

    [Fact]
    public void Two_replicas_of_a_database_are_refused()
    {
        var db = Plans.Running("db", volume: true);

        var plan = Plans.Plan(DeploymentKind.Scale, [db], request: new() { ServiceIds = [db.Service.Id], Replicas = 2 });

        Assert.Equal(["db keeps data in a volume, which two replicas cannot share: it can have 1 replica."], plan.Refusals);
    }

    [Fact]
    public void A_cycle_is_refused_in_words()
    {
        var plan = Plans.Plan(DeploymentKind.Deploy, [Plans.New("a"), Plans.New("b")], [Plans.Requires("a", "b"), Plans.Requires("b", "a")]);

        Assert.Equal(["These services wait for each other: a → b → a. Make one of the edges optional."], plan.Refusals);
    }

    [Fact]
    public void Conflicting_services_are_refused_also_against_one_that_runs_already()
    {
        var (one, other) = (Plans.New("blue"), Plans.Running("green"));

        var plan = Plans.Plan(DeploymentKind.Deploy, [one, other], [new(one.Service.Id, other.Service.Id, DependencyType.Conflicts)], new() { ServiceIds = [one.Service.Id] });

        Assert.Contains("must not run together: stop one of them first.", Assert.Single(plan.Refusals));
    }

    [Fact]
    public void A_required_service_that_does_not_run_must_be_named_too()
    {
        var (web, api) = (Plans.New("web"), Plans.New("api"));

        var plan = Plans.Plan(DeploymentKind.Deploy, [web, api], [Plans.Requires("web", "api")], new() { ServiceIds = [web.Service.Id] });

        Assert.Equal(["web requires api, which does not run: name both."], plan.Refusals);
    }

    [Fact]
    public void Unknown_services_and_an_obstacle_are_refused()
    {
        var web = Plans.New("web") with { Obstacle = "web has no start command." };

        var plan = Plans.Plan(DeploymentKind.Deploy, [web], request: new() { ServiceIds = [web.Service.Id, Guid.Empty] });

        Assert.Equal(["One of the services is not there (any more).", "web has no start command."], plan.Refusals);
        Assert.Equal("This cannot be done, for 2 reasons.", plan.Summary);
    }

    [Fact]
    public void Rollback_replaces_what_differs_and_leaves_the_rest()
    {
        var (web, api) = (Plans.Running("web"), Plans.Running("api"));
        web.Service.ImageId = "sha256:2";
        api.Service.ImageId = "sha256:1";
        var release = new Release { TeamId = Guid.Empty, WorkspaceId = Guid.Empty, DeploymentId = Guid.Empty, Number = 4, Services = [Released(web.Service), Released(api.Service)] };

        var plan = Plans.Plan(DeploymentKind.Rollback, [web, api], target: release);

        Assert.Equal((PlannedChange.Recreate, "back to release 4"), (Of(plan, "web").Change, Of(plan, "web").Reason));
        Assert.Equal(PlannedChange.Nothing, Of(plan, "api").Change);
    }

    [Fact]
    public void Rollback_to_a_release_that_is_gone_is_refused()
    {
        var web = Plans.Running("web");

        Assert.Equal(["Release 7 is not there (any more)."], Plans.Plan(DeploymentKind.Rollback, [web], request: new() { ServiceIds = [web.Service.Id], ReleaseNumber = 7 }).Refusals);
    }

    [Fact]
    public void Delete_removes_and_restart_replaces()
    {
        Assert.Equal("Remove 1 service.", Plans.Plan(DeploymentKind.Delete, [Plans.Running("web")]).Summary);
        Assert.Equal(PlannedChange.Recreate, Of(Plans.Plan(DeploymentKind.Restart, [Plans.Running("web")]), "web").Change);
        Assert.Equal(PlannedChange.Nothing, Of(Plans.Plan(DeploymentKind.Restart, [Plans.New("web")]), "web").Change);
    }

    static ReleasedService Released(ServiceInstance service) => new()
    {
        ServiceId = service.Id,
        Name = service.Name,
        ImageId = "sha256:1",
        ContentHash = Plans.Content,
        Config = new(),
        Ports = [],
        Limits = new(),
    };

    static PlannedService Of(DeploymentPlan plan, string name) => plan.Services.Single(s => s.Name == name);
}
