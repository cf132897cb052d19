using System.Net;
using Kyozo.Data.Schema;
using Kyozo.Data.WorkerApi;
using Kyozo.Testing;

namespace Kyozo.Worker.Tests;

public sealed class StartTests(PostgresFixture postgres)
{
    static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_says_that_it_is_alive_and_well_without_a_ticket()
    {
        await using var worker = await WorkerHost.StartAsync(postgres, Stop);

        Assert.Equal(HttpStatusCode.OK, (await worker.SendAsync(HttpMethod.Get, "/health", null, null, Stop)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await worker.SendAsync(HttpMethod.Get, "/alive", null, null, Stop)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await worker.SendAsync(HttpMethod.Get, "/anything", null, null, Stop)).StatusCode);
    }

    [Fact]
    public async Task It_refuses_an_empty_database_naming_the_command()
    {
        await using var database = await postgres.CreateEmptyDatabaseAsync(Stop);

        var refusal = Assert.Throws<SchemaException>(() => WorkerHost.Start(database));

        Assert.Contains("kyozo db migrate", refusal.Message);
    }

    [Fact]
    public async Task It_refuses_a_role_whom_the_walls_between_teams_do_not_hold()
    {
        await using var database = await postgres.CreateDatabaseAsync(Stop);

        foreach (var (connection, fault) in ((string, string)[])[(database.Admin, "is a superuser"), (database.Maintenance, "owns tables")])
            Assert.Contains(fault, Assert.Throws<SchemaException>(() => WorkerHost.Start(database, ("ConnectionStrings:kyozodb", connection))).Message);
    }

    [Theory]
    [InlineData("http://0.0.0.0:5090")]
    [InlineData("http://*:5090")]
    [InlineData("http://192.0.2.1:5090")]
    [InlineData("http://127.0.0.1:0;http://[::]:5090")]
    public async Task It_refuses_to_listen_beyond_this_machine(string address)
    {
        await using var database = await postgres.CreateDatabaseAsync(Stop);

        var refusal = Assert.Throws<InvalidOperationException>(() => WorkerHost.Start(database, ("urls", address)));

        Assert.Contains("this machine only", refusal.Message);
    }

    [Fact]
    public async Task A_client_whose_worker_is_not_there_is_told_so()
    {
        await using var worker = await WorkerHost.StartAsync(postgres, Stop);
        var client = new WorkerClient(WorkerClientSetup.CreateHttp(new("http://127.0.0.1:1/")), worker.Tickets(TimeProvider.System));

        var away = await Assert.ThrowsAsync<WorkerUnavailableException>(() => client.ReadJobsAsync(new(A.Id(), A.Id()), Stop));

        Assert.Contains("does not answer", away.Message);
    }
}
