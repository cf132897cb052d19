namespace Kyozo.Cli.Setup;

/// <summary>Installs what is missing from the distribution's packages, saying so; on Debian and Ubuntu, with the right to.</summary>
static class AptPackages
{
    static readonly Dictionary<string, string?> Unattended = new() { ["DEBIAN_FRONTEND"] = "noninteractive" };

    /// <summary>True where packages can be installed without asking anybody.</summary>
    public static bool CanInstall => OperatingSystem.IsLinux() && Environment.UserName == "root" && Programs.Find("apt-get") is not null;

    /// <summary>Installs the packages.</summary>
    /// <param name="need">What they are for: "The container engine".</param>
    /// <param name="packages">Names of packages.</param>
    /// <param name="say">Told what is being done.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="CommandException">They cannot be installed from here: the message has the command that would.</exception>
    public static async Task InstallAsync(string need, IReadOnlyList<string> packages, Action<string> say, CancellationToken cancellationToken)
    {
        var names = string.Join(' ', packages);
        if (!CanInstall)
        {
            throw new CommandException(Programs.Find("apt-get") is null
                ? $"{need} is missing. Install it with this system's package manager (on Debian: {names}), then run this again."
                : $"{need} is missing. Install it with: sudo apt-get install {names}");
        }

        say($"Installing {names} ({need.ToLowerInvariant()})");
        if (await TryAsync(packages, cancellationToken) is null) return;

        // The index may be missing or old: only then is it worth the time.
        say("Refreshing the package index");
        await Programs.RequireAsync("apt-get", ["update", "-q"], cancellationToken, Unattended);
        if (await TryAsync(packages, cancellationToken) is { } problem)
            throw new CommandException($"{need} could not be installed: apt-get install {names} says\n  {problem}");
    }

    static async Task<string?> TryAsync(IReadOnlyList<string> packages, CancellationToken cancellationToken)
    {
        var last = new Queue<string>();
        var exit = await Programs.RunAsync("apt-get", ["install", "-y", "-q", "--no-install-recommends", .. packages], line =>
        {
            if (last.Count == 5) last.Dequeue();
            last.Enqueue(line);
        }, cancellationToken, Unattended);
        return exit == 0 ? null : string.Join("\n  ", last);
    }
}
