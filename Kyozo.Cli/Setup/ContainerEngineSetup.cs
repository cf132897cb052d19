using Kyozo.Cli.Supervision;
using Kyozo.Data;
using Kyozo.Engine.Containers;
using Kyozo.Engine.Host;

namespace Kyozo.Cli.Setup;

/// <summary>A container engine that answers: installed and started when there is none.</summary>
sealed class ContainerEngineSetup(IContainerRuntime runtime, KyozoHome home, TimeProvider clock)
{
    static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(60);
    static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(300);

    /// <summary>There when this installation started the engine itself, so that nobody else would start it again.</summary>
    public static string OwnMarker(KyozoHome home) => Path.Combine(home.Run, "engine-is-ours");

    /// <summary>Returns what the engine says of itself, after installing and starting one where that is needed and allowed.</summary>
    /// <exception cref="CommandException">There is none and none can be started: the message has the way out.</exception>
    public async Task<EngineInfo> EnsureAsync(Action<string> say, CancellationToken cancellationToken)
    {
        if (await TryGetAsync(cancellationToken) is { } running) return running;

        if (Environment.GetEnvironmentVariable("DOCKER_HOST") is { Length: > 0 } named && !named.StartsWith("unix:", StringComparison.Ordinal))
            throw new CommandException($"The container engine at DOCKER_HOST={named} does not answer. Start it there, or unset DOCKER_HOST to use one on this machine.");
        if (HostProgram.Find("dockerd") is null) await AptPackages.InstallAsync("The container engine", ["docker.io", "iptables", "ca-certificates"], say, cancellationToken);
        if (await TryGetAsync(cancellationToken) is { } afterInstall) return afterInstall;

        say("Starting the container engine");
        var log = await StartAsync(cancellationToken);
        var deadline = clock.GetUtcNow() + StartPatience;
        while (clock.GetUtcNow() < deadline)
        {
            if (await TryGetAsync(cancellationToken) is { } started) return started;
            await Task.Delay(Pause, clock, cancellationToken);
        }

        throw new CommandException($"The container engine does not answer {StartPatience.TotalSeconds:0} s after its start. Its log: {log}");
    }

    async Task<EngineInfo?> TryGetAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await runtime.GetEngineAsync(cancellationToken);
        }
        catch (EngineUnavailableException)
        {
            return null;
        }
    }

    /// <returns>Where its log is, for people.</returns>
    async Task<string> StartAsync(CancellationToken cancellationToken)
    {
        if (Environment.UserName != "root") throw new CommandException("The container engine does not answer. Start it with: sudo systemctl start docker (and let this user use it: sudo usermod -aG docker $USER, then sign in again)");
        if (Directory.Exists("/run/systemd/system"))
        {
            await HostProgram.RequireAsync("systemctl", ["start", "docker"], cancellationToken);
            return "journalctl -u docker";
        }

        // Without a service manager the engine has to outlive this command and the supervisor: services do. The supervisor watches it from then on.
        PrivateFolder.Create(home.Logs);
        PrivateFolder.Create(home.Run);
        await File.WriteAllTextAsync(OwnMarker(home), "This installation started the container engine.\n", cancellationToken);
        var log = Path.Combine(home.Logs, "dockerd.log");
        RemoveStalePidFile();
        await HostProgram.RequireAsync("start-stop-daemon",
            ["--start", "--background", "--output", log, "--exec", HostProgram.Find("dockerd") ?? "/usr/sbin/dockerd"], cancellationToken);
        return log;
    }

    // An engine that was killed leaves its pid file. While its dead process is not collected, or when its number belongs to another program by now,
    // the next engine would take it for alive and refuse to start.
    static void RemoveStalePidFile()
    {
        const string file = "/var/run/docker.pid";
        if (!File.Exists(file) || !int.TryParse(File.ReadAllText(file), out var pid)) return;
        var name = $"/proc/{pid}/comm";
        var lives = ProcessIdentity.Of(pid) is not null && File.Exists(name) && File.ReadAllText(name).Trim() == "dockerd";
        if (!lives) File.Delete(file);
    }
}
