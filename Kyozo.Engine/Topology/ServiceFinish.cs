using Kyozo.Data.Topology;
using Kyozo.Engine.Topology.Code;

namespace Kyozo.Engine.Topology;

/// <summary>Completes a service from what its text says (port, health, variables) and writes it down.</summary>
static class ServiceFinish
{
    const int MaxVariables = 100;

    static readonly HashSet<string> OfTheSystem = new(StringComparer.Ordinal) { "PATH", "HOME", "USER", "PWD", "SHELL", "HOSTNAME", "TZ", "LANG", "CI", "DEV", "PROD", "MODE", "SSR", "BASE_URL_", "TMPDIR", "TEMP", "npm_package_version" };

    /// <summary>Whether it listens, on which port, and where it says that it is well.</summary>
    public static void Complete(Service service)
    {
        var (candidate, facts) = (service.Candidate, service.Facts);
        if (facts.Server is { } server && candidate.Listens is null)
        {
            candidate.Listens = true;
            candidate.Because(server.File, server.Line, "opens a server", Belief.Listens);
        }
        else if (candidate.Listens is null && candidate.Framework is not null && candidate.DefaultPort is not null) candidate.Listens = true;
        else if (facts.Server is { } seen && candidate.Listens == true) candidate.Because(seen.File, seen.Line, "opens a server", Belief.Sign);
        candidate.Listens ??= false;

        if (candidate.Port is null && candidate.Listens == true) Port(candidate, facts);
        if (candidate.Listens == false && candidate.Libraries.Count > 0 && facts.Variables.Count > 0) candidate.Because(facts.Variables[0].Place.File, facts.Variables[0].Place.Line, "a program that is configured by variables", Belief.Configured);
        if (candidate.Listens == true && candidate.HealthPath is null && candidate.OutputPath is null && facts.Health is { } health)
        {
            candidate.HealthPath = health.Path;
            candidate.Because(health.Place.File, health.Place.Line, $"route {health.Path}", Belief.Sign);
        }
        if (candidate.OutputPath is not null) candidate.HealthPath ??= "/";
        if (candidate.Listens == true) candidate.HealthPath ??= OfFramework(candidate);

        foreach (var use in facts.Variables.Where(use => !OfTheSystem.Contains(use.Name)))
        {
            if (candidate.Environment.TryGetValue(use.Name, out var known))
                candidate.Environment[use.Name] = known with { Required = known.Required && string.IsNullOrEmpty(use.FromFile ? null : use.Value), HasValue = known.HasValue || use.FromFile && !string.IsNullOrEmpty(use.Value) };
            else if (candidate.Environment.Count < MaxVariables)
                candidate.Environment[use.Name] = Variables.Describe(use.Name, required: use.FromFile ? false : string.IsNullOrEmpty(use.Value), hasValue: use.FromFile && !string.IsNullOrEmpty(use.Value));
        }
    }

    /// <summary>The route that a framework answers on by itself when its module for that is there.</summary>
    static string? OfFramework(Candidate candidate) => candidate.Framework switch
    {
        "spring-boot" when candidate.Uses("spring-boot-starter-actuator") => "/actuator/health",
        "quarkus" when candidate.Uses("quarkus-smallrye-health") => "/q/health",
        "micronaut" when candidate.Uses("micronaut-management") => "/health",
        "rails" when candidate.Folder.File("config/routes.rb")?.Text?.Contains("rails/health#show", StringComparison.Ordinal) == true => "/up",
        "strapi" => "/_health",
        "streamlit" => "/_stcore/health",
        _ => null,
    };

    static void Port(Candidate candidate, CodeFacts facts)
    {
        foreach (var command in new[] { candidate.StartCommand, candidate.StartText }.OfType<string>())
        {
            if (CodePatterns.PortArgument().Match(command) is not { Success: true } argument || !int.TryParse(argument.Groups["port"].Value, out var given) || given is not (> 0 and < 65536)) continue;
            candidate.Port = given;
            return;
        }
        if (facts.Ports.OrderBy(use => use.Order).FirstOrDefault() is { } use && (use.Order < 2 || candidate.DefaultPort is null || candidate.Framework is not ("aspnet" or "next" or "nuxt" or "rails" or "django")))
        {
            candidate.Port = use.Port;
            candidate.Because(use.Place.File, use.Place.Line, $"{use.Signal}: {use.Port}", Belief.Sign);
            return;
        }
        // AD_PORT of a service called ad.
        if (facts.Variables.Find(one => one.Name.EndsWith("_PORT", StringComparison.Ordinal) && Slug.Key(one.Name[..^5]) == Slug.Key(candidate.Name ?? candidate.Folder.Name) && int.TryParse(one.Value, out var own) && own is >= 80 and < 65536) is { } named)
        {
            candidate.Port = int.Parse(named.Value!, System.Globalization.CultureInfo.InvariantCulture);
            candidate.Because(named.Place.File, named.Place.Line, $"default of {named.Name}: {candidate.Port}", Belief.Sign);
            return;
        }
        candidate.Port = candidate.DefaultPort;
    }

    /// <summary>A command nobody wrote by hand is none.</summary>
    static string? Short(string? command) => command is { Length: <= 2000 } ? command : null;

    /// <summary>Its folder and those it is built from, each once: a folder above another stands for both.</summary>
    static List<string> Watched(Candidate candidate)
    {
        var folders = candidate.References.Prepend(candidate.Folder.Path).Distinct(StringComparer.Ordinal).ToList();
        return folders.Where(folder => !folders.Exists(other => other != folder && Paths.IsIn(folder, other))).ToList();
    }

    public static DetectedService Describe(Service service, IReadOnlyList<DetectedDependency> dependencies)
    {
        var candidate = service.Candidate;
        var backing = service.IsBacking && candidate.Dockerfile is null || candidate.Image is not null;
        var injected = dependencies.Where(edge => edge.From == service.Name && edge.EnvVariable is not null).Select(edge => edge.EnvVariable!).ToHashSet(StringComparer.Ordinal);
        return new()
        {
            Name = service.Name,
            Path = backing ? null : candidate.Folder.Path,
            Type = candidate.Type,
            Framework = candidate.Framework,
            Version = candidate.Version is { Length: <= 100 } version ? version : null,
            Port = candidate.Port,
            PackageManager = candidate.PackageManager,
            InstallCommand = Short(candidate.InstallCommand),
            BuildCommand = Short(candidate.BuildCommand),
            StartCommand = candidate.OutputPath is null ? Short(candidate.StartCommand) : null,
            HealthPath = candidate.HealthPath,
            OutputPath = candidate.OutputPath,
            Dockerfile = candidate.Dockerfile,
            Image = candidate.Image,
            Environment = [.. candidate.Environment.Values.OrderBy(variable => variable.Name, StringComparer.Ordinal).Select(variable => injected.Contains(variable.Name) ? variable with { HasValue = true } : variable)],
            Watch = backing ? [] : Watched(candidate),
            Confidence = Belief.Of(candidate.Evidence),
            Evidence = candidate.Evidence,
            Alternatives = candidate.Alternatives,
            Stated = candidate.Stated is { } stated ? StatedVariables.WithoutEdges(stated, injected) : null,
        };
    }
}
