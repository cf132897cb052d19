using System.Net;
using System.Text;
using Kyozo.Data.Permissions;
using Kyozo.Data.Tenancy;
using Kyozo.Data.WorkerApi;
using Kyozo.Testing;

namespace Kyozo.Worker.Tests.Api;

/// <summary>Bodies that are too large, too deep or ambiguous are refused before anything is read into rows (SAFETY ).</summary>
public sealed class BodyTests(PostgresFixture postgres)
{
    static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_body_is_refused_by_its_size_depth_and_form()
    {
        await using var worker = await WorkerHost.StartAsync(postgres, Stop);
        var team = await A.TeamAsync(worker.Database, Stop);
        var owner = new Actor((await A.UserAsync(worker.Database, team, Stop, TeamRole.Owner)).Id, team.Id);
        var ticket = worker.Tickets(TimeProvider.System).Issue(owner, WorkerOperation.CreateWorkspace, team.Id);
        async Task<HttpStatusCode> SendAsync(string json) =>
            (await worker.SendAsync(HttpMethod.Post, "workspaces", ticket, new StringContent(json, Encoding.UTF8, "application/json"), Stop)).StatusCode;

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, await SendAsync($$"""{"name": "{{new string('x', 2 << 20)}}", "rootPath": "/x"}"""));
        Assert.Equal(HttpStatusCode.BadRequest, await SendAsync(string.Concat(Enumerable.Repeat("{\"name\":", 1000)) + "1" + new string('}', 1000)));
        Assert.Equal(HttpStatusCode.BadRequest, await SendAsync("""{"name": "a", "name": "b", "rootPath": "/x"}"""));
        Assert.Equal(HttpStatusCode.BadRequest, await SendAsync("""{"name": NaN, "rootPath": "/x"}"""));
        Assert.Equal(HttpStatusCode.BadRequest, await SendAsync("""{"name": "a", "rootPath": "/x", "teamId": "00000000-0000-7000-8000-000000000002"}"""));
        Assert.Equal(0L, await worker.Database.ReadAsync<long>("SELECT count(*) FROM workspaces", Stop));
    }
}
