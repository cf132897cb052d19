using System.Net;
using System.Net.Sockets;

namespace Kyozo.Cli.Tests.Commands;

/// <summary>What a person types wrong, or finds wrong: a message that names the thing and the way out, no stack trace, and nothing half made.</summary>
public sealed class BadInputTests : IDisposable
{
    readonly KyozoCommand _kyozo = new();

    public void Dispose() => _kyozo.Dispose();

    [Fact]
    public async Task Missing_folder_is_named()
    {
        var result = await _kyozo.RunAsync("up", "shpo", "--detach");

        Assert.Equal(2, result.ExitCode);
        Assert.Matches(@"^There is no folder /.*/shpo\. ", result.Error);
        Assert.False(Directory.Exists(_kyozo.Home.Root));
    }

    [Fact]
    public async Task File_in_place_of_a_folder_is_named_with_its_folder()
    {
        var folder = _kyozo.Folder("shop");
        await File.WriteAllTextAsync(Path.Combine(folder, "package.json"), "{}", TestContext.Current.CancellationToken);

        var result = await _kyozo.RunAsync("up", "shop/package.json");

        Assert.Equal(2, result.ExitCode);
        Assert.Contains($"./kyozo up {folder}", result.Error);
    }

    [Fact]
    public async Task Empty_folder_starts_nothing()
    {
        var folder = _kyozo.Folder("empty");

        var result = await _kyozo.RunAsync("up", "empty", "--detach");

        Assert.Equal(1, result.ExitCode);
        Assert.StartsWith($"{folder} is empty", result.Error);
        Assert.False(Directory.Exists(_kyozo.Home.Root));
    }

    [Fact]
    public async Task Folder_without_anything_deployable_starts_nothing()
    {
        var folder = _kyozo.Folder("notes");
        await File.WriteAllTextAsync(Path.Combine(folder, "shopping.txt"), "tea", TestContext.Current.CancellationToken);

        var result = await _kyozo.RunAsync("up", folder, "--detach");

        Assert.Equal(1, result.ExitCode);
        Assert.Contains($"./kyozo detect {folder}", result.Error);
        Assert.False(Directory.Exists(_kyozo.Home.Root));
    }

    [Fact]
    public async Task Folder_that_is_a_circle_of_links_is_refused()
    {
        var folder = _kyozo.Folder("circle");
        File.CreateSymbolicLink(Path.Combine(folder, "a"), Path.Combine(folder, "b"));
        File.CreateSymbolicLink(Path.Combine(folder, "b"), Path.Combine(folder, "a"));

        var result = await _kyozo.RunAsync("up", "circle/a", "--detach");

        Assert.Equal(2, result.ExitCode);
        Assert.DoesNotContain("   at ", result.Error);
    }

    [Fact]
    public async Task Port_in_use_is_named_with_the_variable_that_chooses_another()
    {
        using var stranger = new TcpListener(IPAddress.Loopback, 0);
        stranger.Start();
        var port = ((IPEndPoint)stranger.LocalEndpoint).Port;
        _kyozo.Environment["KYOZO_PORTAL_PORT"] = $"{port}";

        var result = await _kyozo.RunAsync("up", "--detach");

        Assert.Equal(1, result.ExitCode);
        Assert.StartsWith($"Port {port}, on which the portal listens, is in use by another program. Choose another: KYOZO_PORTAL_PORT={port + 1}", result.Error);
    }

    [Fact]
    public async Task Port_that_is_no_port_is_refused()
    {
        _kyozo.Environment["KYOZO_PORTAL_PORT"] = "http";

        var result = await _kyozo.RunAsync("up", "--detach");

        Assert.Equal(1, result.ExitCode);
        Assert.StartsWith("KYOZO_PORTAL_PORT is \"http\"", result.Error);
    }

    [Fact]
    public async Task Nearly_full_disk_is_said_before_anything_is_started()
    {
        _kyozo.Environment["KYOZO_MIN_FREE_BYTES"] = $"{long.MaxValue}";

        var result = await _kyozo.RunAsync("up", "--detach");

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("is nearly full", result.Error);
        Assert.Contains("du -xh", result.Error);
    }

    [Fact]
    public async Task Engine_elsewhere_that_does_not_answer_is_named()
    {
        _kyozo.Environment["DOCKER_HOST"] = "tcp://127.0.0.1:1";

        var result = await _kyozo.RunAsync("up", "--detach");

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("DOCKER_HOST=tcp://127.0.0.1:1", result.Error);
    }

    [Fact]
    public async Task Given_database_that_does_not_answer_is_named()
    {
        var result = await _kyozo.RunAsync("up", "--detach", "--database", "Host=127.0.0.1;Port=1;Username=postgres;Password=x;Database=kyozo");

        Assert.Equal(1, result.ExitCode);
        Assert.StartsWith("PostgreSQL does not answer at 127.0.0.1:1", result.Error);
        Assert.DoesNotContain("   at ", result.Error);
    }

    [Theory]
    [InlineData("status")]
    [InlineData("logs", "web")]
    [InlineData("setup-link")]
    [InlineData("plan", "shop")]
    public async Task Command_that_needs_a_running_Kyozo_says_how_to_start_it(params string[] arguments)
    {
        var result = await _kyozo.RunAsync(arguments);

        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains("kyozo up", result.Error);
        Assert.DoesNotContain("   at ", result.Error);
    }

    [Fact]
    public async Task Doctor_lists_problems_with_what_mends_them()
    {
        using var stranger = new TcpListener(IPAddress.Loopback, 0);
        stranger.Start();
        var port = ((IPEndPoint)stranger.LocalEndpoint).Port;
        _kyozo.Environment["KYOZO_WORKER_PORT"] = $"{port}";
        _kyozo.Environment["DOCKER_HOST"] = "tcp://127.0.0.1:1";

        var result = await _kyozo.RunAsync("doctor");

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("problem  Container engine: does not answer", result.Output);
        Assert.Contains($"problem  Worker: its port {port} is in use by another program", result.Output);
        Assert.Contains($"→ KYOZO_WORKER_PORT={port + 1} ./kyozo up", result.Output);
    }

    [Fact]
    public async Task Down_where_nothing_runs_is_not_an_error()
    {
        var result = await _kyozo.RunAsync("down");

        Assert.Equal(0, result.ExitCode);
    }
}
