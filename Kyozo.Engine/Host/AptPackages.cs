namespace Kyozo.Engine.Host;

/// <summary>Installs what is missing from the distribution's packages, saying so; on Debian and Ubuntu, with the right to.</summary>
public static class AptPackages
{
    /// <summary>True where packages can be installed without asking anybody.</summary>
    public static bool CanInstall => OperatingSystem.IsLinux() && Environment.UserName == "root" && HostProgram.Find("apt-get") is not null;

    /// <summary>Installs the packages.</summary>
    /// <param name="need">What they are for: "The container engine".</param>
    /// <param name="packages">Names of packages.</param>
    /// <param name="say">Told what is being done.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="HostProgramException">They cannot be installed from here: the message has the command that would.</exception>
    public static async Task InstallAsync(string need, IReadOnlyList<string> packages, Action<string> say, CancellationToken cancellationToken)
    {
        var names = string.Join(' ', packages);
        if (!CanInstall)
        {
            throw new HostProgramException(HostProgram.Find("apt-get") is null
                ? $"{need} is missing. Install it with this system's package manager (on Debian: {names}), then run this again."
                : $"{need} is missing. Install it with: sudo apt-get install {names}");
        }

        say($"Installing {names} ({need.ToLowerInvariant()})");
        if (await TryAsync(packages, cancellationToken) is null) return;

        // The index may be missing or old: only then is it worth the time.
        say("Refreshing the package index");
        await HostProgram.RequireAsync("apt-get", ["update", "-q"], cancellationToken);
        if (await TryAsync(packages, cancellationToken) is { } problem) throw new HostProgramException($"{need} could not be installed: {problem.Message}", problem);
    }

    static async Task<HostProgramException?> TryAsync(IReadOnlyList<string> packages, CancellationToken cancellationToken)
    {
        try
        {
            await HostProgram.RequireAsync("apt-get", ["install", "-y", "-q", "--no-install-recommends", .. packages], cancellationToken);
            return null;
        }
        catch (HostProgramException problem)
        {
            return problem;
        }
    }
}
