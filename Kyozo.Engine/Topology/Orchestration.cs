using System.Text.RegularExpressions;
using Kyozo.Data.Topology;
using Kyozo.Engine.Topology.Backing;
using Kyozo.Engine.Topology.Compose;
using Kyozo.Engine.Topology.Reading;

namespace Kyozo.Engine.Topology;

/// <summary>An edge that an orchestration file states.</summary>
sealed record StatedEdge(Candidate From, Candidate To, string File, int Line, string Signal, string? Variable = null, string? Template = null);

/// <summary>Names, ports and edges that render.yaml, dapr.yaml, azure.yaml, tye.yaml or the app host of .NET Aspire state. They are read as text; nothing is run.</summary>
sealed partial class Orchestration
{
    readonly List<Candidate> _candidates;
    readonly FolderIndex _index;

    Orchestration(FolderIndex index, List<Candidate> candidates) => (_index, _candidates) = (index, candidates);

    public List<StatedEdge> Edges { get; } = [];

    public static List<StatedEdge> Apply(FolderIndex index, List<Candidate> candidates)
    {
        var orchestration = new Orchestration(index, candidates);
        foreach (var folder in index.Folders)
        {
            if (folder.File("dapr.yaml") is { } dapr && index.Yaml(dapr) is { } apps) orchestration.Dapr(folder, dapr.Path, apps);
            if (folder.First("azure.yaml", "azure.yml") is { } azure && index.Yaml(azure)?["services"] is { Map: not null } projects) orchestration.Projects(folder, azure.Path, projects.Entries.Select(entry => (entry.Key, entry.Line, entry.Value["project"]?.Scalar)));
            if (folder.First("tye.yaml", "tye.yml") is { } tye && index.Yaml(tye)?["services"] is { List: not null } listed) orchestration.Projects(folder, tye.Path, listed.Items.Select(item => (item["name"]?.Scalar ?? "", item.Line, item["project"]?.Scalar)));
            if (folder.Depth == 0 && folder.File("render.yaml") is { } render && index.Yaml(render) is { } blueprint) orchestration.Render(folder, render.Path, blueprint);
            var host = folder.With(".csproj").FirstOrDefault(project => project.Mentions("Aspire.AppHost.Sdk") || project.Mentions("IsAspireHost"));
            if (host is not null || folder.Has("apphost.cs")) orchestration.Aspire(folder);
        }
        return orchestration.Edges;
    }

    void Dapr(Folder folder, string file, YamlNode root)
    {
        var stated = false;
        foreach (var app in root["apps"]?.Items ?? [])
        {
            if (app["appDirPath"]?.Scalar is not { } directory || Paths.Resolve(folder.Path, directory) is not { } path) continue;
            if (_candidates.Find(one => one.Folder.Path == path && !one.IsStated) is not { } program) continue;
            stated = true;
            State(program, app["appID"]?.Scalar ?? program.Folder.Name, file, app.Line, "app of dapr.yaml");
            if (int.TryParse(app["appPort"]?.Scalar, out var port)) (program.Port, program.Listens) = (port, true);
        }
        if (stated) Others(folder, file, "not among the apps of dapr.yaml");
    }

    /// <summary>Files that name services with the folder or project file of each: azure.yaml, tye.yaml.</summary>
    void Projects(Folder folder, string file, IEnumerable<(string Name, int Line, string? Project)> services)
    {
        var stated = false;
        foreach (var (name, line, project) in services)
        {
            if (name.Length == 0 || project is null || Paths.Resolve(folder.Path, project) is not { } path) continue;
            if (_candidates.Find(one => !one.IsStated && (one.Folder.Path == path || one.Evidence.Exists(evidence => evidence.File == path))) is not { } program) continue;
            stated = true;
            State(program, name, file, line, $"service {name} of {Paths.Last(file)}");
        }
        if (stated) Others(folder, file, $"not among the services of {Paths.Last(file)}");
    }

    void Render(Folder folder, string file, YamlNode root)
    {
        var byName = new Dictionary<string, Candidate>(StringComparer.Ordinal);
        foreach (var (entry, isDatabase) in (root["services"]?.Items ?? []).Select(entry => (entry, false)).Concat((root["databases"]?.Items ?? []).Select(entry => (entry, true))))
        {
            if (entry["name"]?.Scalar is not { } name || byName.ContainsKey(name)) continue;
            var type = entry["type"]?.Scalar;
            if (isDatabase || type is "redis" or "keyvalue")
            {
                byName[name] = Backing(folder, name, isDatabase ? ServiceType.Postgres : ServiceType.Redis, file, entry.Line);
                continue;
            }
            if (Paths.Resolve(folder.Path, entry["rootDir"]?.Scalar ?? ".") is not { } path) continue;
            var here = _candidates.Where(one => one.Folder.Path == path && !one.Type.IsBacking()).OrderBy(one => one.IsStated).ToList();
            if (here.Count == 0) continue;
            var program = here[0].IsStated ? ComposeStack.Copy(here[0]) : here[0];
            if (program != here[0])
            {
                program.IsSecondProcess = true;
                _candidates.Add(program);
            }
            State(program, name, file, entry.Line, $"{type} service of render.yaml");
            if (entry["startCommand"]?.Scalar is { } start) program.StartCommand = start;
            if (type is "worker" or "cron") (program.Listens, program.Port, program.IsScheduled) = (false, null, type == "cron");
            byName[name] = program;
        }
        foreach (var entry in root["services"]?.Items ?? [])
        {
            if (entry["name"]?.Scalar is not { } name || !byName.TryGetValue(name, out var from)) continue;
            foreach (var variable in entry["envVars"]?.Items ?? [])
            {
                var target = variable["fromDatabase"]?["name"]?.Scalar ?? variable["fromService"]?["name"]?.Scalar;
                if (target is null || target == name || !byName.TryGetValue(target, out var to) || variable["key"]?.Scalar is not { } key) continue;
                var whole = (variable["fromDatabase"] ?? variable["fromService"])!["property"]?.Scalar is "connectionString" or null;
                Edges.Add(new(from, to, file, variable.Line, $"{key} comes from {target}", key, whole ? ConnectionVariables.UrlTemplate(to.Type, null) : "{host}:{port}"));
            }
        }
    }

    void Aspire(Folder folder)
    {
        var byVariable = new Dictionary<string, (Candidate Service, string? Database)>(StringComparer.Ordinal);
        foreach (var file in folder.With(".cs").Where(file => file.Mentions("DistributedApplication.CreateBuilder")))
        {
            foreach (Match statement in Statement().Matches(file.Text!))
            {
                var text = statement.Value;
                var line = TextLines.LineAt(file.Text!, statement.Index + text.Length - text.TrimStart().Length);
                if (Resource().Match(text) is { Success: true } add)
                {
                    var (owner, kind, project, name, path) = (add.Groups["owner"].Value, add.Groups["kind"].Value, add.Groups["project"].Value, add.Groups["name"].Value, add.Groups["path"].Value);
                    var service = kind == "Database" && byVariable.TryGetValue(owner, out var server) ? server.Service : Add(folder, kind, project, name, path, file.Path, line);
                    if (service is null) continue;
                    if (add.Groups["variable"].Value is { Length: > 0 } variable) byVariable[variable] = (service, DatabaseOf(text) ?? (service.Type.IsBacking() ? name : null));
                    References(text, service, file.Path, line, byVariable);
                }
                else if (Continued().Match(text) is { Success: true } more && byVariable.TryGetValue(more.Groups["variable"].Value, out var known)) References(text, known.Service, file.Path, line, byVariable);
            }
        }
        if (byVariable.Count > 0) Others(new(_index, Paths.Parent(folder.Path)), folder.Path, "not among the resources of the app host");
    }

    Candidate? Add(Folder folder, string kind, string project, string name, string path, string file, int line)
    {
        ServiceType? backing = kind switch
        {
            "Postgres" or "AzurePostgresFlexibleServer" => ServiceType.Postgres,
            "SqlServer" or "AzureSqlServer" => ServiceType.Mssql,
            "MySql" => ServiceType.Mysql,
            "MongoDB" => ServiceType.Mongodb,
            "Redis" or "Valkey" or "Garnet" or "AzureRedis" => ServiceType.Redis,
            "RabbitMQ" => ServiceType.Rabbitmq,
            "Kafka" => ServiceType.Kafka,
            "Elasticsearch" => ServiceType.Elasticsearch,
            _ => null,
        };
        if (backing is { } type) return Backing(folder, name, type, file, line);
        if (AspireImages.Of(kind, path) is { } image) return Ready(folder, name, image, file, line);
        var program = project.Length > 0
            ? _candidates.Find(one => one.Evidence.Exists(evidence => evidence.File.EndsWith("proj", StringComparison.Ordinal) && Identifier(Path.GetFileNameWithoutExtension(evidence.File)) == project))
            : path.Length > 0 && Paths.Resolve(folder.Path, path) is { } place ? _candidates.Find(one => one.Folder.Path == place || one.Folder.Path == Paths.Parent(place)) : null;
        if (program is not null) State(program, name, file, line, $"resource {name} of the app host");
        return program;
    }

    void References(string text, Candidate from, string file, int line, Dictionary<string, (Candidate Service, string? Database)> byVariable)
    {
        foreach (Match reference in Reference().Matches(text))
        {
            if (!byVariable.TryGetValue(reference.Groups["to"].Value, out var to) || to.Service == from) continue;
            var backing = to.Service.Type.IsBacking();
            var injects = reference.Groups["how"].Value == "WithReference";
            var name = backing ? $"ConnectionStrings__{to.Database ?? to.Service.Name}" : $"services__{to.Service.Name}__http__0";
            Edges.Add(new(from, to.Service, file, line + reference.ValueSpanLine(text), $"{reference.Groups["how"].Value} {reference.Groups["to"].Value}", injects ? name : null, injects ? backing ? Template(to.Service.Type) : "http://{host}:{port}" : null));
        }
    }

    static string Template(ServiceType type) => type switch
    {
        ServiceType.Postgres => "Host={host};Port={port};Database={database};Username={user};Password={password}",
        ServiceType.Mysql => "Server={host};Port={port};Database={database};User={user};Password={password}",
        ServiceType.Redis => "{host}:{port},password={password}",
        _ => ConnectionVariables.UrlTemplate(type, null),
    };

    Candidate Backing(Folder folder, string name, ServiceType type, string file, int line)
    {
        var backing = new Candidate(folder, type, 0) { Port = BackingCatalogue.PortOf(type), Listens = true };
        _candidates.Add(backing);
        State(backing, name, file, line, $"{type.Word()} named {name}");
        return backing;
    }

    Candidate Ready(Folder folder, string name, string image, string file, int line)
    {
        var ready = new Candidate(folder, BackingCatalogue.OfImage(image), Rank.DockerfileOnly) { Image = image, Version = BackingCatalogue.VersionOf(image), Port = BackingCatalogue.PortOf(BackingCatalogue.OfImage(image)), Listens = true };
        _candidates.Add(ready);
        State(ready, name, file, line, $"resource {name} of the app host");
        return ready;
    }

    static void State(Candidate program, string name, string file, int line, string signal)
    {
        program.Name = name;
        (program.IsStated, program.IsLibrary) = (true, false);
        program.Because(file, line, signal, Belief.Stated);
    }

    void Others(Folder root, string file, string signal)
    {
        foreach (var other in _candidates.Where(one => !one.IsStated && !one.IsLibrary && Paths.IsIn(one.Folder.Path, root.Path))) other.Because(file, null, signal, Belief.NotStated);
    }

    static string Identifier(string project) => project.Replace('.', '_').Replace('-', '_');

    static string? DatabaseOf(string text) => DatabaseName().Match(text) is { Success: true } match ? match.Groups[1].Value : null;

    [GeneratedRegex(@"[^;]{1,4000};", RegexOptions.CultureInvariant)]
    private static partial Regex Statement();

    [GeneratedRegex(@"(var\s+(?<variable>\w+)\s*=\s*)?(?<owner>\w+)\s*\.Add(?<kind>\w+?)(App)?(<Projects\.(?<project>\w+)>)?\(\s*""(?<name>[^""]{1,100})""(\s*,\s*""(?<path>[^""]{1,200})"")?", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Resource();

    [GeneratedRegex(@"^\s*(?<variable>\w+)\s*\.\s*With", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Continued();

    [GeneratedRegex(@"\.(?<how>WithReference|WaitFor|WaitForCompletion)\(\s*(?<to>\w+)", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Reference();

    [GeneratedRegex(@"\.AddDatabase\(\s*""([^""]{1,100})""", RegexOptions.CultureInvariant)]
    private static partial Regex DatabaseName();
}

/// <summary>Line of a match inside the text it was found in.</summary>
file static class MatchLines
{
    /// <summary>Lines between the first word of a statement and the match.</summary>
    public static int ValueSpanLine(this Match match, string statement)
    {
        var start = statement.Length - statement.TrimStart().Length;
        return match.Index <= start ? 0 : statement.AsSpan(start, match.Index - start).Count('\n');
    }
}
