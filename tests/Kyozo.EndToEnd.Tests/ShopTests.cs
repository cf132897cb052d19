using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Kyozo.Testing;

namespace Kyozo.EndToEnd.Tests;

/// <summary>The sample shop, brought up from its folder, seen from outside: its addresses, the engine's own command, <c>kyozo status</c>.</summary>
public sealed partial class ShopTests(RunningKyozo kyozo)
{
    static readonly HttpClient Http = new(new SocketsHttpHandler { AllowAutoRedirect = false }) { Timeout = TimeSpan.FromSeconds(10) };

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Detection_finds_six_services_and_their_edges_in_a_folder_without_Dockerfile_or_compose_file()
    {
        var json = (await kyozo.KyozoAsync(Cancellation, "detect", RunningKyozo.Shop, "--json")).Succeeded();

        var topology = JsonDocument.Parse(json).RootElement;
        Assert.Equal(
            ["api nodejs", "postgres postgres", "prices python", "redis redis", "web nodejs", "worker nodejs"],
            topology.GetProperty("services").EnumerateArray().Select(service => $"{service.GetProperty("name")} {service.GetProperty("type")}").Order(StringComparer.Ordinal));
        var edges = topology.GetProperty("dependencies").EnumerateArray().ToList();
        Assert.Equal(
            ["api→postgres", "api→prices", "api→redis", "web→api", "worker→postgres", "worker→redis"],
            edges.Select(edge => $"{edge.GetProperty("from")}→{edge.GetProperty("to")}").Order(StringComparer.Ordinal));
        Assert.All(edges, edge => Assert.NotEmpty(edge.GetProperty("evidence").EnumerateArray()));
    }

    [Fact]
    public async Task Up_leaves_six_healthy_services_and_says_where_they_are()
    {
        var status = await kyozo.StatusAsync(Cancellation);

        Assert.Equal(["api", "postgres", "prices", "redis", "web", "worker"], status.Services.Select(service => service.Name).Order(StringComparer.Ordinal));
        Assert.All(status.Services, service =>
        {
            Assert.Equal(("shop", "running", "healthy", new ReplicaCount(1, 1)), (service.Workspace, service.Status, service.Health, service.Replicas));
        });
        Assert.Null(status.Services.Single(service => service.Name == "postgres").Address);
        Assert.Contains((await WebAddressAsync()).ToString().TrimEnd('/'), kyozo.Greeting);
        Assert.Contains("/setup?token=", kyozo.Greeting);
    }

    [Fact]
    public async Task Order_placed_at_the_front_ends_in_PostgreSQL()
    {
        var web = await WebAddressAsync();
        var shelf = await Http.GetStringAsync(web, Cancellation);
        var product = ProductField().Match(shelf).Groups[1].Value;
        Assert.NotEmpty(product);

        using var answer = await Http.PostAsync(
            new Uri(web, "/orders"), new FormUrlEncodedContent(new Dictionary<string, string> { ["product"] = product, ["quantity"] = "7" }), Cancellation);

        Assert.Equal(HttpStatusCode.SeeOther, answer.StatusCode);
        var order = PlacedId().Match(answer.Headers.Location!.ToString()).Groups[1].Value;
        await Eventually.TrueAsync($"order {order} is in PostgreSQL", TimeSpan.FromSeconds(30), async () =>
            (await InPostgresAsync($"select product_id || ' ' || quantity from orders where id = '{Guid.Parse(order)}'")) == $"{product} 7", Cancellation);
    }

    [Fact]
    public async Task Killed_container_is_seen_down_and_comes_back()
    {
        var before = Assert.Single(await kyozo.ContainersAsync("api", Cancellation));

        (await Command.RunAsync("docker", ["kill", before], Cancellation)).Succeeded();

        await Eventually.TrueAsync("status tells that api is down", TimeSpan.FromSeconds(15), async () =>
            await kyozo.ServiceAsync("api", Cancellation) is { Status: not "running" } or { Health: not "healthy" } or { Replicas.Running: 0 }, Cancellation);
        await Eventually.TrueAsync("api is back", TimeSpan.FromSeconds(60), async () =>
            await kyozo.ServiceAsync("api", Cancellation) is { Status: "running", Health: "healthy", Replicas.Running: 1 }, Cancellation);
        Assert.Contains("Eight teas", await Http.GetStringAsync(await WebAddressAsync(), Cancellation));
    }

    [Fact]
    public async Task Shop_goes_on_serving_while_the_worker_is_dead_and_the_worker_comes_back()
    {
        var web = await WebAddressAsync();
        var worker = await ProcessOfAsync("Kyozo.Worker");

        (await Command.RunAsync("kill", ["-9", $"{worker}"], Cancellation)).Succeeded();

        await Eventually.TrueAsync("another worker runs", TimeSpan.FromSeconds(60), async () =>
        {
            Assert.Contains("Eight teas", await Http.GetStringAsync(web, Cancellation));
            return await ProcessOfAsync("Kyozo.Worker") is { } next && next != worker;
        }, Cancellation);
        await Eventually.TrueAsync("the worker answers", TimeSpan.FromSeconds(60), async () =>
            (await kyozo.KyozoAsync(Cancellation, "logs", "web", "--tail", "1")).ExitCode == 0, Cancellation);
    }

    [Fact]
    public async Task Second_up_of_the_same_folder_changes_nothing()
    {
        var before = await AllContainersAsync();

        (await kyozo.KyozoAsync(Cancellation, "up", RunningKyozo.Shop, "--detach")).Succeeded();

        Assert.Equal(before, await AllContainersAsync());
    }

    async Task<Uri> WebAddressAsync() => (await kyozo.ServiceAsync("web", Cancellation)).Address!;

    async Task<string> InPostgresAsync(string query)
    {
        var container = Assert.Single(await kyozo.ContainersAsync("postgres", Cancellation));
        var variables = (await Command.RunAsync("docker", ["exec", container, "printenv"], Cancellation)).Succeeded().Split('\n')
            .Select(line => line.Split('=', 2)).Where(parts => parts.Length == 2).ToDictionary(parts => parts[0], parts => parts[1]);
        var answer = await Command.RunAsync("docker",
            ["exec", "--env", $"PGPASSWORD={variables["POSTGRES_PASSWORD"]}", container, "psql", "-h", "127.0.0.1",
                "-U", variables["POSTGRES_USER"], "-d", variables["POSTGRES_DB"], "-Atc", query], Cancellation);
        return answer.Succeeded().Trim();
    }

    async Task<IReadOnlyList<string>> AllContainersAsync()
    {
        var ids = new List<string>();
        foreach (var service in (await kyozo.StatusAsync(Cancellation)).Services) ids.AddRange(await kyozo.ContainersAsync(service.Name, Cancellation));
        return [.. ids.Order(StringComparer.Ordinal)];
    }

    // Other installations may run on this machine: the process is ours when its environment names our home.
    async Task<int?> ProcessOfAsync(string program)
    {
        foreach (var folder in Directory.EnumerateDirectories("/proc").Where(path => int.TryParse(Path.GetFileName(path), out _)))
        {
            try
            {
                var command = await File.ReadAllTextAsync(Path.Combine(folder, "cmdline"), Cancellation);
                if (!command.Contains(program, StringComparison.Ordinal)) continue;
                var variables = await File.ReadAllTextAsync(Path.Combine(folder, "environ"), Cancellation);
                if (variables.Contains($"KYOZO_HOME={kyozo.Home}\0", StringComparison.Ordinal)) return int.Parse(Path.GetFileName(folder));
            }
            catch (IOException)
            {
                // It ended while we looked.
            }
        }

        return null;
    }

    [GeneratedRegex("""name="product" value="([^"]+)">""")]
    private static partial Regex ProductField();

    [GeneratedRegex("placed=([0-9a-f-]+)")]
    private static partial Regex PlacedId();
}
