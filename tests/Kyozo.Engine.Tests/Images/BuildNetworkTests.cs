using System.Net;
using System.Net.Sockets;
using Kyozo.Engine.Images;
using Kyozo.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Kyozo.Engine.Tests.Images;

public sealed class BuildNetworkTests(DockerFixture docker)
{
    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public void Resolver_and_proxy_come_before_what_is_refused()
    {
        var rules = BuildNetworkRules.Chains([new(IPAddress.Parse("10.1.2.3"), 53), new(IPAddress.Parse("10.1.2.4"), 3128)]).Split('\n');

        var resolver = Array.IndexOf(rules, "-A KYOZO-BUILD -d 10.1.2.3/32 -p udp --dport 53 -j RETURN");
        var proxy = Array.IndexOf(rules, "-A KYOZO-BUILD -d 10.1.2.4/32 -p tcp --dport 3128 -j RETURN");
        var refused = Array.IndexOf(rules, "-A KYOZO-BUILD -d 10.0.0.0/8 -j REJECT");
        Assert.True(resolver > 0 && proxy > resolver && refused > proxy);
        Assert.DoesNotContain(rules, rule => rule.Contains("10.1.2.4/32 -p udp", StringComparison.Ordinal));
        Assert.Equal(["-A KYOZO-BUILD-HOST -j REJECT", "COMMIT", ""], rules[^3..]);
    }

    /// <summary>SAFETY A-17: the host listens on the bridge's own address, and no build gets there.</summary>
    [Fact]
    public async Task A_build_does_not_reach_the_host()
    {
        var network = docker.Services.GetRequiredService<BuildNetwork>();
        if (await network.FindOpeningAsync(Cancel) is { } opening) Assert.Skip(opening);
        var gateway = IPAddress.Parse(await DockerCli.RunAsync(Cancel, "network", "inspect", BuildNetwork.Name, "--format", "{{(index .IPAM.Config 0).Gateway}}"));
        using var canary = new TcpListener(gateway, 0);
        canary.Start();
        var port = ((IPEndPoint)canary.LocalEndpoint).Port;

        var tried = await DockerCli.TryAsync(Cancel, "run", "--rm", "--network", BuildNetwork.Name, "--label", $"kyozo.test-run={docker.RunId}",
            await docker.BaseImageAsync(Cancel), "timeout", "5", "bash", "-c", $"exec 3<>/dev/tcp/{gateway}/{port}");

        Assert.NotEqual(0, tried.ExitCode);
        Assert.Contains("refused", tried.Error, StringComparison.OrdinalIgnoreCase);
        Assert.False(canary.Pending());
    }
}
