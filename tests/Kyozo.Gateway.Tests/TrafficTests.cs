using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using Kyozo.Data;
using Kyozo.Data.Schema;
using Kyozo.Data.ServiceInstances;
using Kyozo.Testing;

namespace Kyozo.Gateway.Tests;

/// <summary>Traffic through the gateway: real sockets, real PostgreSQL.</summary>
public sealed class TrafficTests(PostgresFixture postgres) : IAsyncLifetime
{
    static readonly TimeSpan Soon = TimeSpan.FromSeconds(15);

    readonly KyozoHome _home = new(Directory.CreateTempSubdirectory("kyozo-gateway-").FullName);
    TestDatabase _database = null!;
    ServiceInstance _web = null!;
    int _port;

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _database = await postgres.CreateDatabaseAsync(Cancellation);
        var workspace = await A.WorkspaceAsync(_database, await A.TeamAsync(_database, Cancellation), Cancellation);
        _web = await A.ServiceAsync(_database, workspace, Cancellation, "web");
        _port = await Rows.ReserveAsync(_database, _web, Cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        await _database.DisposeAsync();
        Directory.Delete(_home.Root, recursive: true);
    }

    [Fact]
    public async Task It_refuses_to_start_with_a_role_that_could_look_over_the_walls()
    {
        var refused = await Assert.ThrowsAsync<SchemaException>(() => RunningGateway.StartAsync(_database.Admin, _home));
        Assert.Contains("is a superuser", refused.Message, StringComparison.Ordinal);
        Assert.Contains("kyozo_gateway", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Service_is_chosen_by_the_port_and_not_by_the_host_header()
    {
        await using var backend = await Backend.StartAsync("web");
        await Rows.PutInServiceAsync(_database, _web, backend.Port, Cancellation);
        await using var gateway = await RunningGateway.StartAsync(_database.Gateway, _home);
        await AnswersAsync("web");

        using var request = new HttpRequestMessage(HttpMethod.Get, $"http://127.0.0.1:{_port}/host") { Headers = { Host = "api.example" } };
        using var response = await RunningGateway.Http.SendAsync(request, Cancellation);

        Assert.Equal("api.example", await response.Content.ReadAsStringAsync(Cancellation));
    }

    [Fact]
    public async Task Own_health_address_serves_no_service_and_services_keep_their_own_health_path()
    {
        await using var backend = await Backend.StartAsync("web");
        await Rows.PutInServiceAsync(_database, _web, backend.Port, Cancellation);
        await using var gateway = await RunningGateway.StartAsync(_database.Gateway, _home);
        await AnswersAsync("web");

        Assert.Equal("Healthy", await RunningGateway.Http.GetStringAsync($"http://127.0.0.1:{gateway.HealthPort}/health", Cancellation));
        Assert.Equal("web", await RunningGateway.Http.GetStringAsync($"http://127.0.0.1:{_port}/health", Cancellation));
        using var other = await RunningGateway.Http.GetAsync($"http://127.0.0.1:{gateway.HealthPort}/", Cancellation);
        Assert.Equal(HttpStatusCode.NotFound, other.StatusCode);
    }

    [Fact]
    public async Task Requests_are_spread_over_the_replicas_in_service()
    {
        await using var first = await Backend.StartAsync("first");
        await using var second = await Backend.StartAsync("second");
        await Rows.PutInServiceAsync(_database, _web, first.Port, Cancellation);
        await Rows.PutInServiceAsync(_database, _web, second.Port, Cancellation, replica: 2);
        await using var gateway = await RunningGateway.StartAsync(_database.Gateway, _home);
        await AnswersAsync("first", "second");

        // Least requests: while one is busy the other is chosen.
        var slow = RunningGateway.Http.GetStringAsync($"http://127.0.0.1:{_port}/slow", Cancellation);
        await Eventually.TrueAsync("one replica is busy", Soon, () => Task.FromResult(first.Requests + second.Requests >= 2), Cancellation);
        var quick = await RunningGateway.Http.GetStringAsync($"http://127.0.0.1:{_port}/", Cancellation);
        first.Slow.SetResult();
        second.Slow.SetResult();

        Assert.NotEqual(quick, await slow);
    }

    [Fact]
    public async Task Dead_replica_costs_no_request()
    {
        await using var alive = await Backend.StartAsync("alive");
        var dead = FreePort.Next();
        await Rows.PutInServiceAsync(_database, _web, dead, Cancellation);
        await Rows.PutInServiceAsync(_database, _web, alive.Port, Cancellation, replica: 2);
        await using var gateway = await RunningGateway.StartAsync(_database.Gateway, _home);
        await AnswersAsync("alive");

        for (var i = 0; i < 20; i++)
        {
            using var response = await RunningGateway.Http.PostAsync($"http://127.0.0.1:{_port}/orders", new StringContent("tea"), Cancellation);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }
    }

    [Fact]
    public async Task Without_a_replica_in_service_a_plain_page_says_so()
    {
        await using var gateway = await RunningGateway.StartAsync(_database.Gateway, _home);
        var page = await Eventually.GetAsync("the port is open", Soon, () => TryGetAsync("/", "text/html"), Cancellation);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, page.Status);
        Assert.Contains("<h1>web is not running</h1>", page.Body);
        var line = await TryGetAsync("/", "*/*");
        Assert.StartsWith("web is not running. ", line!.Body);
    }

    [Fact]
    public async Task Replica_taken_out_of_service_gets_no_more_requests_and_running_ones_end_well()
    {
        await using var old = await Backend.StartAsync("old");
        await using var fresh = await Backend.StartAsync("fresh");
        var container = await Rows.PutInServiceAsync(_database, _web, old.Port, Cancellation);
        await using var gateway = await RunningGateway.StartAsync(_database.Gateway, _home);
        await AnswersAsync("old");

        var running = RunningGateway.Http.GetStringAsync($"http://127.0.0.1:{_port}/slow", Cancellation);
        await Eventually.TrueAsync("the request has arrived", Soon, () => Task.FromResult(old.Requests >= 2), Cancellation);
        await Rows.PutInServiceAsync(_database, _web, fresh.Port, Cancellation, replica: 2);
        await Rows.TakeOutOfServiceAsync(_database, container, Cancellation);
        await AnswersAsync("fresh");
        var before = old.Requests;
        for (var i = 0; i < 10; i++) Assert.Equal("fresh", (await TryGetAsync("/"))!.Body);
        Assert.Equal(before, old.Requests);

        old.Slow.SetResult();
        Assert.Equal("old", await running);
    }

    [Fact]
    public async Task New_port_is_opened_while_requests_on_others_run()
    {
        await using var backend = await Backend.StartAsync("web");
        await Rows.PutInServiceAsync(_database, _web, backend.Port, Cancellation);
        await using var gateway = await RunningGateway.StartAsync(_database.Gateway, _home);
        await AnswersAsync("web");
        var running = RunningGateway.Http.GetStringAsync($"http://127.0.0.1:{_port}/slow", Cancellation);
        await Eventually.TrueAsync("the request has arrived", Soon, () => Task.FromResult(backend.Requests >= 2), Cancellation);

        var workspace = await A.WorkspaceAsync(_database, await A.TeamAsync(_database, Cancellation), Cancellation);
        var other = await A.ServiceAsync(_database, workspace, Cancellation, "other");
        var otherPort = await Rows.ReserveAsync(_database, other, Cancellation);
        await Eventually.TrueAsync("the new port is open", Soon, async () => (await TryGetAsync("/", port: otherPort))?.Status == HttpStatusCode.ServiceUnavailable, Cancellation);

        backend.Slow.SetResult();
        Assert.Equal("web", await running);
    }

    [Fact]
    public async Task Port_held_by_another_program_is_opened_once_it_is_free_and_the_others_do_not_wait()
    {
        await using var backend = await Backend.StartAsync("web");
        await Rows.PutInServiceAsync(_database, _web, backend.Port, Cancellation);
        using var stranger = new TcpListener(IPAddress.Loopback, 0);
        stranger.Start();
        var taken = ((IPEndPoint)stranger.LocalEndpoint).Port;
        var workspace = await A.WorkspaceAsync(_database, await A.TeamAsync(_database, Cancellation), Cancellation);
        var other = await A.ServiceAsync(_database, workspace, Cancellation, "other");
        await Rows.ReserveAsync(_database, other, Cancellation, taken);

        await using var gateway = await RunningGateway.StartAsync(_database.Gateway, _home);
        await AnswersAsync("web");
        stranger.Stop();

        await Eventually.TrueAsync("the port is open", Soon, async () => (await TryGetAsync("/", port: taken))?.Status == HttpStatusCode.ServiceUnavailable, Cancellation);
    }

    [Fact]
    public async Task Started_without_a_database_it_serves_the_last_known_routes()
    {
        await using var backend = await Backend.StartAsync("web");
        await Rows.PutInServiceAsync(_database, _web, backend.Port, Cancellation);
        await using (await RunningGateway.StartAsync(_database.Gateway, _home)) await AnswersAsync("web");

        await using var again = await RunningGateway.StartAsync($"Host=127.0.0.1;Port={FreePort.Next()};Username=nobody;Password=x;Database=none", _home);

        await AnswersAsync("web");
        Assert.Equal("Degraded", await RunningGateway.Http.GetStringAsync($"http://127.0.0.1:{again.HealthPort}/health", Cancellation));
    }

    [Fact]
    public async Task Requests_and_errors_are_counted()
    {
        await using var backend = await Backend.StartAsync("web");
        await Rows.PutInServiceAsync(_database, _web, backend.Port, Cancellation);
        await using var gateway = await RunningGateway.StartAsync(_database.Gateway, _home);
        await AnswersAsync("web");

        await TryGetAsync("/broken");
        await TryGetAsync("/broken");

        await Eventually.TrueAsync("both errors are written", Soon,
            async () => await _database.ReadAsync<decimal>("SELECT sum(errors) FROM gateway_counts", Cancellation) == 2, Cancellation);
        Assert.Equal(backend.Requests, await _database.ReadAsync<decimal>("SELECT sum(requests) FROM gateway_counts", Cancellation));
    }

    [Fact]
    public async Task WebSockets_pass_through()
    {
        await using var backend = await Backend.StartAsync("web");
        await Rows.PutInServiceAsync(_database, _web, backend.Port, Cancellation);
        await using var gateway = await RunningGateway.StartAsync(_database.Gateway, _home);
        await AnswersAsync("web");

        using var socket = new ClientWebSocket();
        await socket.ConnectAsync(new($"ws://127.0.0.1:{_port}/talk"), Cancellation);
        await socket.SendAsync(Encoding.UTF8.GetBytes("tea?"), WebSocketMessageType.Text, true, Cancellation);
        var buffer = new byte[64];
        var answer = await socket.ReceiveAsync(buffer, Cancellation);

        Assert.Equal("tea?", Encoding.UTF8.GetString(buffer, 0, answer.Count));
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, Cancellation);
    }

    Task AnswersAsync(params string[] names) => Eventually.TrueAsync($"{string.Join(" or ", names)} answers", Soon,
        async () => await TryGetAsync("/") is { Status: HttpStatusCode.OK } answer && names.Contains(answer.Body), Cancellation);

    async Task<Answer?> TryGetAsync(string path, string accept = "*/*", int? port = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"http://127.0.0.1:{port ?? _port}{path}") { Headers = { { "Accept", accept } } };
        try
        {
            using var response = await RunningGateway.Http.SendAsync(request, Cancellation);
            return new(response.StatusCode, await response.Content.ReadAsStringAsync(Cancellation));
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    sealed record Answer(HttpStatusCode Status, string Body);
}
