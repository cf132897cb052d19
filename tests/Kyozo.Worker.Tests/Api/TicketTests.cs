using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Kyozo.Data;
using Kyozo.Data.Deployments;
using Kyozo.Data.Permissions;
using Kyozo.Data.Tenancy;
using Kyozo.Data.Topology;
using Kyozo.Data.WorkerApi;
using Kyozo.Testing;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace Kyozo.Worker.Tests.Api;

/// <summary>Every operation × every way of not being allowed (SAFETY ): the list of operations is the enum's, so a new one is tested before it is used.</summary>
public sealed class TicketTests(TicketTests.Installation installation) : IClassFixture<TicketTests.Installation>
{
    static CancellationToken Stop => TestContext.Current.CancellationToken;

    public static TheoryData<WorkerOperation> Operations => [.. Enum.GetValues<WorkerOperation>()];

    /// <summary>Operations whose target is a row that belongs to a team.</summary>
    public static TheoryData<WorkerOperation> OperationsOnRows =>
        [.. Enum.GetValues<WorkerOperation>().Where(o => WorkerAccess.Of(o).TargetKind is not (TargetKind.Team or TargetKind.Installation))];

    /// <summary>Operations for which being a member is not enough.</summary>
    public static TheoryData<WorkerOperation> OperationsWithARight =>
        [.. Enum.GetValues<WorkerOperation>().Where(o => WorkerAccess.Of(o).Action is not AccessAction.View)];

    [Fact]
    public void Every_endpoint_declares_its_operation_and_every_operation_has_an_endpoint()
    {
        var endpoints = installation.Worker.Services.GetServices<EndpointDataSource>().SelectMany(s => s.Endpoints)
            .Where(e => e.Metadata.GetMetadata<Microsoft.AspNetCore.Authorization.IAllowAnonymous>() is null).ToList();

        Assert.All(endpoints, e => Assert.NotNull(e.Metadata.GetMetadata<Worker.Api.TicketRequired>()));
        Assert.Equal(Enum.GetValues<WorkerOperation>(), endpoints.Select(e => e.Metadata.GetMetadata<Worker.Api.TicketRequired>()!.Operation).Distinct().Order());
    }

    [Theory]
    [MemberData(nameof(Operations))]
    public async Task Without_a_ticket_nothing_is_done(WorkerOperation operation)
    {
        var request = installation.Request(operation, installation.Own);

        Assert.Equal(HttpStatusCode.Unauthorized, (await installation.SendAsync(request, null)).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await installation.SendAsync(request, "nonsense")).Status);
    }

    [Theory]
    [MemberData(nameof(Operations))]
    public async Task An_expired_ticket_is_no_ticket(WorkerOperation operation)
    {
        var request = installation.Request(operation, installation.Own);
        var tickets = installation.Worker.Tickets(new FakeTimeProvider(TimeProvider.System.GetUtcNow() - TimeSpan.FromMinutes(2)));

        Assert.Equal(HttpStatusCode.Unauthorized, (await installation.SendAsync(request, tickets.Issue(installation.Owner, operation, request.Target))).Status);
    }

    [Theory]
    [MemberData(nameof(Operations))]
    public async Task A_ticket_for_another_operation_or_target_is_no_ticket(WorkerOperation operation)
    {
        var request = installation.Request(operation, installation.Own);
        foreach (var other in Enum.GetValues<WorkerOperation>().Where(o => o != operation))
            Assert.Equal(HttpStatusCode.Unauthorized, (await installation.SendAsync(request, installation.Tickets.Issue(installation.Owner, other, request.Target))).Status);

        Assert.Equal(HttpStatusCode.Unauthorized, (await installation.SendAsync(request, installation.Tickets.Issue(installation.Owner, operation, A.Id()))).Status);
    }

    [Theory]
    [MemberData(nameof(OperationsOnRows))]
    public async Task Another_teams_row_looks_like_one_that_never_was(WorkerOperation operation)
    {
        var foreign = installation.Request(operation, installation.Foreign);
        var random = installation.Request(operation, installation.Foreign with { Workspace = A.Id(), Service = A.Id(), Deployment = A.Id() });

        var answer = await installation.SendAsync(foreign, installation.Tickets.Issue(installation.Owner, operation, foreign.Target));
        var likeNever = await installation.SendAsync(random, installation.Tickets.Issue(installation.Owner, operation, random.Target));

        Assert.Equal(HttpStatusCode.NotFound, answer.Status);
        Assert.Equal(likeNever, answer);
    }

    [Theory]
    [MemberData(nameof(OperationsWithARight))]
    public async Task A_member_without_the_right_is_told_which_one_is_missing(WorkerOperation operation)
    {
        var request = installation.Request(operation, installation.Own);

        var answer = await installation.SendAsync(request, installation.Tickets.Issue(installation.Member, operation, request.Target));

        Assert.Equal(HttpStatusCode.Forbidden, answer.Status);
        using var problem = JsonDocument.Parse(answer.Body);
        Assert.NotEmpty(problem.RootElement.GetProperty("missing").GetString()!);
    }

    [Theory]
    [MemberData(nameof(Operations))]
    public async Task A_stranger_gets_nothing(WorkerOperation operation)
    {
        var request = installation.Request(operation, installation.Own);
        var stranger = new Actor(A.Id(), installation.Owner.TeamId);
        var outsider = installation.Member with { TeamId = installation.ForeignTeam };

        Assert.NotEqual(HttpStatusCode.OK, (await installation.SendAsync(request, installation.Tickets.Issue(stranger, operation, request.TargetFor(stranger)))).Status);
        Assert.NotEqual(HttpStatusCode.OK, (await installation.SendAsync(request, installation.Tickets.Issue(outsider, operation, request.TargetFor(outsider)))).Status);
    }

    [Theory]
    [MemberData(nameof(Operations))]
    public async Task With_the_right_it_is_done(WorkerOperation operation)
    {
        var request = installation.Request(operation, installation.Own);

        var answer = await installation.SendAsync(request, installation.Tickets.Issue(installation.Owner, operation, request.Target));

        // Refused for what it asks (an empty upload) is done, too: the gate has let it through.
        Assert.True(answer.Status is HttpStatusCode.OK or HttpStatusCode.NoContent or HttpStatusCode.Conflict or HttpStatusCode.UnprocessableEntity, $"{(int)answer.Status} {answer.Body}");
    }

    [Theory]
    [InlineData(WorkerOperation.ReadLogs, PermissionType.ViewLogs)]
    [InlineData(WorkerOperation.ReadBuildLog, PermissionType.ViewLogs)]
    [InlineData(WorkerOperation.WriteSecret, PermissionType.ModifyConfig)]
    public async Task A_grant_on_the_service_is_enough_for_a_member_and_no_other_grant_is(WorkerOperation operation, PermissionType enough)
    {
        foreach (var permission in Enum.GetValues<PermissionType>())
        {
            var member = await installation.MemberAsync(permission);
            var request = installation.Request(operation, installation.Own);

            var status = (await installation.SendAsync(request, installation.Tickets.Issue(member, operation, request.Target))).Status;

            Assert.Equal(permission == enough, status is HttpStatusCode.OK or HttpStatusCode.NoContent);
        }
    }

    [Fact]
    public async Task An_own_workspace_with_a_foreign_child_is_not_found()
    {
        var plan = installation.Request(WorkerOperation.Plan, installation.Own with { Service = installation.Foreign.Service });
        var log = installation.Request(WorkerOperation.ReadBuildLog, installation.Own with { Service = installation.Foreign.Service });

        Assert.Equal(HttpStatusCode.NotFound, (await installation.SendAsync(plan, installation.Tickets.Issue(installation.Owner, WorkerOperation.Plan, plan.Target))).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await installation.SendAsync(log, installation.Tickets.Issue(installation.Owner, WorkerOperation.ReadBuildLog, log.Target))).Status);
    }

    [Fact]
    public async Task What_a_body_must_not_hold_is_refused()
    {
        var ticket = installation.Tickets.Issue(installation.Owner, WorkerOperation.CreateWorkspace, installation.Owner.TeamId);
        foreach (var body in new[] { """{"name":"x","rootPath":null,"teamId":"00000000-0000-7000-8000-000000000002"}""", """{"rootPath":null}""", """{"name":null,"rootPath":null}""", "nonsense" })
        {
            using var answer = await installation.Worker.SendAsync(HttpMethod.Post, "/workspaces", ticket, new StringContent(body, null, "application/json"), Stop);
            Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        }
    }

    /// <summary>The ids that requests are made of.</summary>
    public sealed record Ids(Guid Workspace, Guid Service, Guid Deployment);

    /// <summary>One request, and the target that its ticket must name.</summary>
    public sealed record Sent(HttpMethod Method, string Path, Func<HttpContent?> Body, Guid Target, TargetKind Kind)
    {
        public Guid TargetFor(Actor actor) => Kind is TargetKind.Team ? actor.TeamId : Target;
    }

    /// <summary>What came back, without what differs each time.</summary>
    public sealed record Answer(HttpStatusCode Status, string? Type, string Body);

    /// <summary>One worker for all cases, with two teams.</summary>
    public sealed class Installation(PostgresFixture postgres) : IAsyncLifetime
    {
        internal WorkerHost Worker { get; private set; } = null!;

        public WorkerTickets Tickets { get; private set; } = null!;

        public Actor Owner { get; private set; } = null!;

        public Actor Member { get; private set; } = null!;

        public Guid ForeignTeam { get; private set; }

        public Ids Own { get; private set; } = null!;

        public Ids Foreign { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            Worker = await WorkerHost.StartAsync(postgres, CancellationToken.None);
            Tickets = Worker.Tickets(TimeProvider.System);
            var team = await A.TeamAsync(Worker.Database, CancellationToken.None);
            var owner = await A.UserAsync(Worker.Database, team, CancellationToken.None, TeamRole.Owner);
            await Worker.Database.ExecuteAsync($"UPDATE users SET is_installation_admin = true WHERE id = '{owner.Id}'", CancellationToken.None);
            Owner = new(owner.Id, team.Id);
            Member = new((await A.UserAsync(Worker.Database, team, CancellationToken.None)).Id, team.Id);
            Own = await IdsAsync(team);
            var foreign = await A.TeamAsync(Worker.Database, CancellationToken.None);
            ForeignTeam = foreign.Id;
            Foreign = await IdsAsync(foreign);
        }

        public async ValueTask DisposeAsync() => await Worker.DisposeAsync();

        public async Task<Actor> MemberAsync(PermissionType permission)
        {
            var user = await A.UserAsync(Worker.Database, new() { Id = Owner.TeamId, Name = "", Slug = "" }, CancellationToken.None);
            await using var db = Worker.Database.OpenAsAdmin();
            db.Add(new ServicePermission { Id = A.Id(), TeamId = Owner.TeamId, ServiceInstanceId = Own.Service, UserId = user.Id, PermissionType = permission, GrantedBy = Owner.UserId, GrantedAt = TimeProvider.System.GetUtcNow() });
            await db.SaveChangesAsync(CancellationToken.None);
            return new(user.Id, Owner.TeamId);
        }

        public Sent Request(WorkerOperation operation, Ids ids)
        {
            var (method, path, body) = operation switch
            {
                WorkerOperation.CreateWorkspace => (HttpMethod.Post, "workspaces", Json(new NewWorkspace($"w-{A.Id()}", null))),
                WorkerOperation.BrowseFolders => (HttpMethod.Get, "folders", None),
                WorkerOperation.Detect => (HttpMethod.Post, $"workspaces/{ids.Workspace}/detection", None),
                WorkerOperation.Upload => (HttpMethod.Post, $"workspaces/{ids.Workspace}/upload?name=x.zip", () => new ByteArrayContent([])),
                WorkerOperation.AcceptServices => (HttpMethod.Post, $"workspaces/{ids.Workspace}/services", Json(new AcceptedServices(A.Id(), ["x"]))),
                WorkerOperation.Plan => (HttpMethod.Post, $"workspaces/{ids.Workspace}/plan", Json(new PlanRequest(DeploymentKind.Stop, new() { ServiceIds = [ids.Service] }))),
                WorkerOperation.CorrectDetection => (HttpMethod.Post, $"workspaces/{ids.Workspace}/corrections", Json(new NewCorrection(CorrectionKind.NoService, "/gone", "gone", null, new()))),
                WorkerOperation.UndoCorrection => (HttpMethod.Delete, $"workspaces/{ids.Workspace}/corrections/{A.Id()}", None),
                WorkerOperation.ExportTopology => (HttpMethod.Get, $"workspaces/{ids.Workspace}/export?format=kyozo", None),
                WorkerOperation.ReadLogs => (HttpMethod.Get, $"services/{ids.Service}/logs", None),
                WorkerOperation.ReadBuildLog => (HttpMethod.Get, $"deployments/{ids.Deployment}/logs?service={ids.Service}", None),
                WorkerOperation.Probe => (HttpMethod.Post, $"services/{ids.Service}/probe", None),
                WorkerOperation.WriteSecret => (HttpMethod.Put, $"services/{ids.Service}/secrets/TOKEN", Json(new SecretValue("s3cret-value"))),
                WorkerOperation.RunJob => (HttpMethod.Post, "jobs/history/run", None),
                WorkerOperation.ReadJobs => (HttpMethod.Get, "jobs", None),
                WorkerOperation.ReadEngine => (HttpMethod.Get, "engine", None),
                WorkerOperation.ReadDatabase => (HttpMethod.Get, "database", (Func<HttpContent?>)None),
                WorkerOperation.VerifyTeamTrail => (HttpMethod.Get, "trail/team", None),
                WorkerOperation.VerifyTrail => (HttpMethod.Get, "trail", None),
                _ => throw new ArgumentOutOfRangeException(nameof(operation), operation, "The matrix has no request for this operation."),
            };
            var kind = WorkerAccess.Of(operation).TargetKind;
            var target = kind switch
            {
                TargetKind.Team => Owner.TeamId,
                TargetKind.Workspace => ids.Workspace,
                TargetKind.Service => ids.Service,
                TargetKind.Deployment => ids.Deployment,
                _ => Guid.Empty,
            };
            return new(method, path, body, target, kind);
        }

        public async Task<Answer> SendAsync(Sent sent, string? ticket)
        {
            using var response = await Worker.SendAsync(sent.Method, sent.Path, ticket, sent.Body(), Stop);
            var body = await response.Content.ReadAsStringAsync(Stop);
            if (response.Content.Headers.ContentType?.MediaType is "application/problem+json") body = WithoutTrace(body);
            return new(response.StatusCode, response.Content.Headers.ContentType?.MediaType, body);
        }

        static HttpContent? None() => null;

        static Func<HttpContent?> Json<T>(T value) => () => JsonContent.Create(value, options: KyozoJson.Compact);

        static string WithoutTrace(string body)
        {
            var problem = JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(body)!;
            problem.Remove("traceId");
            return JsonSerializer.Serialize(problem);
        }

        async Task<Ids> IdsAsync(Team team)
        {
            var root = Directory.CreateDirectory(Path.Combine(Worker.Home.Workspaces, A.Id().ToString())).FullName;
            var workspace = await A.WorkspaceAsync(Worker.Database, team, CancellationToken.None, rootPath: root);
            var service = await A.ServiceAsync(Worker.Database, workspace, CancellationToken.None);
            var deployment = new Deployment
            {
                Id = A.Id(),
                TeamId = team.Id,
                WorkspaceId = workspace.Id,
                EngineId = WellKnown.LocalEngine,
                Kind = DeploymentKind.Deploy,
                Status = DeploymentStatus.Succeeded,
                RequestedBy = WellKnown.Operator,
                Request = new() { ServiceIds = [service.Id] },
            };
            await using var db = Worker.Database.OpenAsAdmin();
            db.Add(deployment);
            await db.SaveChangesAsync(CancellationToken.None);
            return new(workspace.Id, service.Id, deployment.Id);
        }
    }
}
