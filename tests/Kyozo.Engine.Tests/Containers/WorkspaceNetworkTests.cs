using System.Net;
using System.Net.Sockets;
using Kyozo.Engine.Containers;
using Kyozo.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Kyozo.Engine.Tests.Containers;

public sealed class WorkspaceNetworkTests(DockerFixture docker)
{
    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public void Resolvers_and_allowed_ports_come_before_what_is_refused()
    {
        var rules = WorkspaceNetworkRules.Chains([IPAddress.Parse("169.254.169.253")], [5432]).Split('\n');

        var resolver = Array.IndexOf(rules, "-A KYOZO-SERVICES -d 169.254.169.253/32 -p udp --dport 53 -j RETURN");
        var metadata = Array.IndexOf(rules, "-A KYOZO-SERVICES -d 169.254.0.0/16 -j REJECT");
        var port = Array.IndexOf(rules, "-A KYOZO-SERVICES-HOST -p tcp --dport 5432 -j RETURN");
        Assert.True(resolver > 0 && metadata > resolver && port > 0);
        Assert.Equal(["-A KYOZO-SERVICES-HOST -j REJECT", "COMMIT", ""], rules[^3..]);
    }

    /// <summary>SAFETY A-34: the host listens on the bridge's own address, a neighbour in another workspace on his; a service gets to neither, nor to a metadata service.</summary>
    [Fact]
    public async Task A_service_reaches_its_own_workspace_but_not_the_host_nor_another_workspace()
    {
        if (await docker.Services.GetRequiredService<WorkspaceNetworkGuard>().CloseAsync(Cancel) is { } opening) Assert.Skip(opening);
        var (mine, other) = (await NetworkAsync("closed"), await NetworkAsync("closed-other"));
        var listen = new[] { "perl", "-MIO::Socket::INET", "-e", "$s = IO::Socket::INET->new(LocalPort => 8000, Listen => 5, ReuseAddr => 1); while ($c = $s->accept) { print $c \"here\\n\"; close $c }" };
        var neighbour = await docker.StartAsync(await docker.SpecAsync("other-workspace", listen, Cancel) with { Network = other }, Cancel);
        await docker.StartAsync(await docker.SpecAsync("same-workspace", listen, Cancel) with { Network = mine, Aliases = ["friend"] }, Cancel);
        var service = await docker.StartAsync(await docker.SpecAsync("service", ["sleep", "600"], Cancel) with { Network = mine }, Cancel);
        var gateway = IPAddress.Parse(await DockerCli.RunAsync(Cancel, "network", "inspect", mine, "--format", "{{(index .IPAM.Config 0).Gateway}}"));
        using var canary = new TcpListener(gateway, 0);
        canary.Start();

        await Eventually.TrueAsync("the own workspace answers", TimeSpan.FromSeconds(20), async () => (await ConnectAsync(service, "friend", 8000)).ExitCode == 0, Cancel);
        var host = await ConnectAsync(service, gateway.ToString(), ((IPEndPoint)canary.LocalEndpoint).Port);
        Assert.Contains("refused", host.Output, StringComparison.OrdinalIgnoreCase);
        Assert.False(canary.Pending());
        Assert.Contains("refused", (await ConnectAsync(service, "169.254.169.254", 80)).Output, StringComparison.OrdinalIgnoreCase);
        var address = (await docker.Runtime.FindContainerAsync(neighbour, Cancel))!.Address!;
        Assert.NotEqual(0, (await ConnectAsync(service, address, 8000)).ExitCode);
        Assert.NotEqual(0, (await ConnectAsync(service, docker.Name("other-workspace"), 8000)).ExitCode);
    }

    async Task<string> NetworkAsync(string purpose)
    {
        var name = docker.Name(purpose);
        await docker.Runtime.EnsureNetworkAsync(name, ClosedBridge.NameFor(name), docker.Labels, Cancel);
        return name;
    }

    Task<ExecResult> ConnectAsync(string container, string host, int port) =>
        docker.Runtime.ExecAsync(container, ["timeout", "3", "bash", "-c", $"exec 3<>/dev/tcp/{host}/{port}"], TimeSpan.FromSeconds(10), Cancel);
}
