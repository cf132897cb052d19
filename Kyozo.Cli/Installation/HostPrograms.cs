using Kyozo.Engine.Host;

namespace Kyozo.Cli.Installation;

/// <summary>Where the programs of gateway, worker and portal are: <c>KYOZO_PROGRAMS</c> (the script <c>./kyozo</c> has published them there), else built in the checkout this runs from.</summary>
static class HostPrograms
{
    const string Settings = "Release";
    static readonly string[] Projects = ["Kyozo.Gateway", "Kyozo.Worker", "Kyozo.Web"];

    /// <returns>Full path of the program, by project.</returns>
    /// <exception cref="CommandException">They are nowhere.</exception>
    public static async Task<IReadOnlyDictionary<string, string>> LocateAsync(Action<string> say, CancellationToken cancellationToken)
    {
        if (Environment.GetEnvironmentVariable("KYOZO_PROGRAMS") is { Length: > 0 } published)
        {
            // The link is moved by the next build; what is started now must keep its files.
            var real = new DirectoryInfo(published).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? published;
            return Projects.ToDictionary(project => project, project => Program(Path.Combine(real, project), project));
        }

        var checkout = Checkout() ?? throw new CommandException("The programs of gateway, worker and portal are not here. Start Kyozo with ./kyozo up in its checkout.");
        say("Building gateway, worker and portal");
        foreach (var project in Projects)
            await HostProgram.RequireAsync("dotnet", ["build", Path.Combine(checkout, project), "--configuration", Settings, "--verbosity", "quiet", "-nologo"], cancellationToken);
        return Projects.ToDictionary(project => project, project => Program(Path.Combine(checkout, project, "bin", Settings, "net10.0"), project));
    }

    static string Program(string folder, string project)
    {
        var program = Path.Combine(folder, OperatingSystem.IsWindows() ? project + ".exe" : project);
        return File.Exists(program) ? program : throw new CommandException($"{program} is not there. Start Kyozo with ./kyozo up in its checkout.");
    }

    static string? Checkout()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Kyozo.sln"))) return folder.FullName;
        }

        return null;
    }
}
