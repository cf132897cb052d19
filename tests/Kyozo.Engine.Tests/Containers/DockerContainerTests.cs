using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Kyozo.Engine.Containers;
using Kyozo.Testing;

namespace Kyozo.Engine.Tests.Containers;

/// <summary>Containers on the real engine; docker's own command line says whether it is so.</summary>
public sealed class DockerContainerTests(DockerFixture docker)
{
    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_engine_sees_a_hardened_container()
    {
        var volume = docker.Name("hardened-data");
        await docker.Runtime.EnsureVolumeAsync(volume, docker.Labels, Cancel);
        var port = FreePort();
        var id = await docker.StartAsync(await docker.SpecAsync("hardened", ["sleep", "600"], Cancel) with
        {
            Capabilities = ["CHOWN"],
            User = "1000:1000",
            Aliases = ["web"],
            Ports = [new(8080, port)],
            Volumes = [new(volume, "/data")],
            Environment = new Dictionary<string, string> { ["GREETING"] = "a b=c" },
        }, Cancel);

        var seen = await DockerCli.InspectAsync(id, Cancel);
        var host = seen.GetProperty("HostConfig");
        Assert.Equal(["ALL"], Strings(host.GetProperty("CapDrop")));
        Assert.Equal(["CHOWN"], Strings(host.GetProperty("CapAdd")));
        Assert.Equal(["no-new-privileges"], Strings(host.GetProperty("SecurityOpt")));
        Assert.False(host.GetProperty("Privileged").GetBoolean());
        Assert.Equal(64L << 20, host.GetProperty("Memory").GetInt64());
        Assert.Equal(64L << 20, host.GetProperty("MemorySwap").GetInt64());
        Assert.Equal(500_000_000, host.GetProperty("NanoCpus").GetInt64());
        Assert.Equal(64, host.GetProperty("PidsLimit").GetInt64());
        Assert.True(host.GetProperty("Init").GetBoolean());
        Assert.Equal("unless-stopped", host.GetProperty("RestartPolicy").GetProperty("Name").GetString());
        Assert.Equal("""{"Type":"json-file","Config":{"max-file":"3","max-size":"10m"}}""", JsonSerializer.Serialize(host.GetProperty("LogConfig")));
        Assert.Equal("127.0.0.1", host.GetProperty("PortBindings").GetProperty("8080/tcp")[0].GetProperty("HostIp").GetString());
        Assert.Contains("noexec", host.GetProperty("Tmpfs").GetProperty("/tmp").GetString());
        var mount = Assert.Single(seen.GetProperty("Mounts").EnumerateArray(), m => m.GetProperty("Type").GetString() != "tmpfs");
        Assert.Equal(volume, mount.GetProperty("Name").GetString());
        Assert.Contains("GREETING=a b=c", Strings(seen.GetProperty("Config").GetProperty("Env")));

        var status = await DockerCli.RunAsync(Cancel, "exec", id, "cat", "/proc/self/status");
        Assert.Contains("NoNewPrivs:\t1", status);
        Assert.Contains("CapEff:\t0000000000000000", status);
        Assert.Contains("Uid:\t1000", status);

        var state = await docker.Runtime.FindContainerAsync(id, Cancel);
        Assert.Equal((ContainerPhase.Running, port), (state!.Phase, state.HostPorts[8080]));
    }

    [Fact]
    public async Task Nothing_outside_the_allowed_set_reaches_the_engine()
    {
        var spec = await docker.SpecAsync("refused", ["true"], Cancel);
        ContainerSpec[] refused =
        [
            spec with { Capabilities = ["SYS_ADMIN"] }, spec with { Network = "host" }, spec with { Network = "container:x" }, spec with { Name = "a/../b" },
            spec with { MemoryBytes = 0 }, spec with { MemoryBytes = -1 }, spec with { CpuCores = double.NaN }, spec with { Pids = 0 },
            spec with { Volumes = [new("/etc", "/data")] }, spec with { Volumes = [new("data", "../x")] }, spec with { Ports = [new(80, 22)] },
            spec with { User = "root" }, spec with { Environment = new Dictionary<string, string> { ["A=B"] = "c" } },
        ];
        foreach (var bad in refused) await Assert.ThrowsAsync<ArgumentException>(() => docker.Runtime.CreateContainerAsync(bad, Cancel));
    }

    [Fact]
    public async Task A_taken_name_and_a_taken_port_are_told_apart()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        var spec = await docker.SpecAsync("taken", ["sleep", "600"], Cancel) with { Ports = [new(80, port)] };
        var id = await docker.Runtime.CreateContainerAsync(spec, Cancel);

        await Assert.ThrowsAsync<ContainerNameTakenException>(() => docker.Runtime.CreateContainerAsync(spec, Cancel));
        var taken = await Assert.ThrowsAsync<PortTakenException>(() => docker.Runtime.StartContainerAsync(id, Cancel));
        Assert.Equal(port, taken.Port);
        Assert.Equal(ContainerPhase.Created, (await docker.Runtime.FindContainerAsync(id, Cancel))!.Phase);

        listener.Stop();
        await docker.Runtime.StartContainerAsync(id, Cancel);
        Assert.Equal("running", await DockerCli.RunAsync(Cancel, "inspect", "--format", "{{.State.Status}}", id));
    }

    [Fact]
    public async Task Stop_asks_first_and_removal_takes_anonymous_volumes_along()
    {
        var image = await BuildAsync("volumes", "VOLUME /anonymous\nEXPOSE 22\nLABEL kyozo.service=somebody-elses com.docker.compose.project=x fine=yes");
        var stubborn = await docker.SpecAsync("stubborn", ["sh", "-c", "trap '' TERM; while :; do sleep 0.1; done"], Cancel) with { Image = image };
        var id = await docker.StartAsync(stubborn, Cancel);

        var seen = await DockerCli.InspectAsync(id, Cancel);
        var labels = seen.GetProperty("Config").GetProperty("Labels");
        Assert.Equal(("", "", "yes"), (labels.GetProperty("kyozo.service").GetString(), labels.GetProperty("com.docker.compose.project").GetString(), labels.GetProperty("fine").GetString()));
        Assert.Equal(JsonValueKind.Null, seen.GetProperty("NetworkSettings").GetProperty("Ports").GetProperty("22/tcp").ValueKind);
        var volume = seen.GetProperty("Mounts").EnumerateArray().Single(mount => mount.GetProperty("Type").GetString() == "volume").GetProperty("Name").GetString()!;

        await docker.Runtime.StopContainerAsync(id, TimeSpan.FromSeconds(1), Cancel);
        var stopped = await docker.Runtime.FindContainerAsync(id, Cancel);
        Assert.Equal((ContainerPhase.Exited, 137), (stopped!.Phase, stopped.ExitCode));

        await docker.Runtime.RemoveContainerAsync(id, Cancel);
        await docker.Runtime.RemoveContainerAsync(id, Cancel);
        Assert.Null(await docker.Runtime.FindContainerAsync(id, Cancel));
        Assert.NotEqual(0, (await DockerCli.TryAsync(Cancel, "volume", "inspect", volume)).ExitCode);
    }

    [Fact]
    public async Task Containers_are_found_by_all_of_their_labels()
    {
        var labels = docker.Labels.Append(new("kyozo.service", "one")).ToDictionary();
        var id = await docker.StartAsync(await docker.SpecAsync("labelled", ["sleep", "600"], Cancel) with { Labels = labels }, Cancel);
        await docker.StartAsync(await docker.SpecAsync("unlabelled", ["sleep", "600"], Cancel), Cancel);

        var found = Assert.Single(await docker.Runtime.ListContainersAsync(labels, Cancel));
        Assert.Equal((id, ContainerPhase.Running, "one"), (found.Id, found.Phase, found.Labels["kyozo.service"]));
        Assert.NotNull(found.Address);
    }

    [Fact]
    public async Task A_container_reaches_another_by_its_alias_in_the_same_network_only()
    {
        await docker.StartAsync(await docker.SpecAsync("named", ["sleep", "600"], Cancel) with { Aliases = ["database"] }, Cancel);
        var near = await docker.StartAsync(await docker.SpecAsync("near", ["sleep", "600"], Cancel), Cancel);
        var far = await docker.StartAsync(await docker.SpecAsync("far", ["sleep", "600"], Cancel) with { Network = await docker.NetworkAsync("other", Cancel) }, Cancel);

        Assert.Equal(0, (await docker.Runtime.ExecAsync(near, ["getent", "hosts", "database"], TimeSpan.FromSeconds(10), Cancel)).ExitCode);
        Assert.NotEqual(0, (await docker.Runtime.ExecAsync(far, ["getent", "hosts", "database"], TimeSpan.FromSeconds(10), Cancel)).ExitCode);
    }

    [Fact]
    public async Task A_network_asked_for_by_many_at_once_is_made_once()
    {
        var ids = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => docker.Runtime.EnsureNetworkAsync(docker.Name("once"), bridge: null, docker.Labels, Cancel)));

        Assert.Single(ids.Distinct());
        Assert.Single((await DockerCli.RunAsync(Cancel, "network", "ls", "--quiet", "--filter", $"name={docker.Name("once")}")).Split('\n'));
        await docker.Runtime.RemoveNetworkAsync(ids[0], Cancel);
        await docker.Runtime.RemoveNetworkAsync(ids[0], Cancel);
    }

    [Fact]
    public async Task Usage_grows_with_work_and_is_nothing_for_a_stopped_container()
    {
        var id = await docker.StartAsync(await docker.SpecAsync("usage", ["sh", "-c", "dd if=/dev/zero of=/written bs=1M count=5 && while :; do :; done"], Cancel), Cancel);
        var first = await docker.Runtime.ReadUsageAsync(id, Cancel);
        var later = await Eventually.GetAsync("CPU time grows", TimeSpan.FromSeconds(20), async () =>
            await docker.Runtime.ReadUsageAsync(id, Cancel) is { } now && now.CpuTime > first!.CpuTime ? now : null, Cancel);

        Assert.InRange(later.MemoryBytes, 1, later.MemoryLimitBytes);
        Assert.Equal(64L << 20, later.MemoryLimitBytes);
        Assert.NotNull(later.DiskBytes);
        await docker.Runtime.StopContainerAsync(id, TimeSpan.FromSeconds(1), Cancel);
        Assert.Null(await docker.Runtime.ReadUsageAsync(id, Cancel));
        await docker.Runtime.RemoveContainerAsync(id, Cancel);
        Assert.Null(await docker.Runtime.ReadUsageAsync(id, Cancel));
    }

    [Fact]
    public async Task Events_tell_of_a_killed_container()
    {
        var spec = await docker.SpecAsync("events", ["sleep", "600"], Cancel);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var deaths = new TaskCompletionSource<ContainerEvent>(TaskCreationOptions.RunContinuationsAsynchronously);
        var watching = Task.Run(async () =>
        {
            await foreach (var e in docker.Runtime.WatchEventsAsync(docker.Labels, stop.Token))
            {
                if (e.Action == "die" && e.Attributes["name"] == spec.Name) deaths.TrySetResult(e);
            }
        }, Cancel);

        var id = await docker.StartAsync(spec, Cancel);
        // The stream may open after the first death: it is killed (the engine restarts it) until one is told.
        await Eventually.TrueAsync("a death is told", TimeSpan.FromSeconds(20), async () =>
        {
            await DockerCli.TryAsync(Cancel, "kill", id);
            return deaths.Task.IsCompleted;
        }, Cancel);

        var death = await deaths.Task;
        Assert.Equal((id, "137"), (death.ContainerId, death.Attributes["exitCode"]));
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => watching);
    }

    async Task<string> BuildAsync(string purpose, string lines) =>
        (await TestBuild.RunAsync(docker, purpose, $"FROM {await docker.BaseImageAsync(Cancel)}\n{lines}\n", _ => { }, Cancel)).Id;

    static string[] Strings(JsonElement array) => [.. array.EnumerateArray().Select(item => item.GetString()!)];

    static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
