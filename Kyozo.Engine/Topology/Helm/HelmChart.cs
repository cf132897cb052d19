using Kyozo.Data.Topology;
using Kyozo.Engine.Folders;
using Kyozo.Engine.Topology.Backing;
using Kyozo.Engine.Topology.Reading;

namespace Kyozo.Engine.Topology.Helm;

/// <summary>A chart that a chart brings along from elsewhere: of those only the ones that are backing services count.</summary>
/// <param name="Name">Its name, or the other one that the chart gives it.</param>
/// <param name="Type">What it is.</param>
/// <param name="File">The file that names it.</param>
/// <param name="Line">1-based.</param>
/// <param name="Hosts">Names under which it answers.</param>
sealed record HelmDependency(string Name, ServiceType Type, string File, int Line, IReadOnlyList<string> Hosts);

/// <summary>The charts of a folder, read as their own values would make them. Charts inside a chart get what the outer one sets for them.</summary>
sealed class HelmChart
{
    const int MaxCharts = 200, MaxDepth = 32;

    readonly Folder _folder;
    readonly YamlNode _root, _values;
    readonly string _release;

    HelmChart(Folder folder, string name, string release, YamlNode values)
    {
        (_folder, _release, _values) = (folder, release, values);
        _root = Map(("Values", values), ("Chart", Map(("Name", HelmText.Node(name)), ("AppVersion", HelmText.Node("latest")), ("Version", HelmText.Node("1")))), ("Release", Map(("Name", HelmText.Node(release)), ("Namespace", HelmText.Node("default")), ("Service", HelmText.Node("Helm")))));
    }

    public static IEnumerable<HelmChart> Of(FolderIndex index)
    {
        var charts = new List<HelmChart>();
        foreach (var folder in index.Folders.Where(folder => folder.Has("Chart.yaml")).Take(MaxCharts))
        {
            if (index.Yaml(folder.File("Chart.yaml")) is not { Map: not null } about || about["type"]?.Scalar == "library") continue;
            var name = about["name"]?.Scalar ?? folder.Name;
            var values = index.Yaml(folder.File("values.yaml")) ?? Map();
            var outer = charts.FindLast(one => Paths.IsIn(folder.Path, one._folder.Path));
            if (outer?._values[name] is { } set)
            {
                if (set["enabled"]?.Scalar == "false") continue;
                values = Merged(values, set, 0);
            }
            if (outer?._values["global"] is { } global) values = Merged(values, Map(("global", global)), 0);
            charts.Add(new(folder, name, outer?._release ?? name, values));
        }
        return charts;
    }

    /// <summary>True for a file that a chart makes its manifests of.</summary>
    public static bool IsTemplate(FolderIndex index, SnapshotFile file)
    {
        for (var path = file.Folder; path != "."; path = Paths.Parent(path))
        {
            if (Paths.Last(path) == "templates" && index.File(Paths.Join(Paths.Parent(path), "Chart.yaml")) is not null) return true;
        }
        return false;
    }

    /// <summary>The manifests, with the file each comes from and the lines of that file.</summary>
    public IEnumerable<(SnapshotFile File, YamlNode Document)> Documents()
    {
        foreach (var file in _folder.Index.Below(Paths.Join(_folder.Path, "templates")).Where(file => file.Extension is ".yaml" or ".yml" && file.Text is not null && !Paths.Inside(_folder.Path, file.Folder).Contains("test", StringComparison.OrdinalIgnoreCase)))
        {
            foreach (var document in Documents(file)) yield return (file, document);
        }
    }

    IReadOnlyList<YamlNode> Documents(SnapshotFile file)
    {
        try
        {
            var (text, lines) = HelmTemplate.Render(file.Text!, _root);
            return YamlText.ParseAll(text, lines);
        }
        catch (FormatException problem)
        {
            _folder.Index.Note(file.Path, $"template not followed: {problem.Message}");
            return [];
        }
    }

    public IEnumerable<HelmDependency> Dependencies()
    {
        var file = _folder.First("requirements.yaml") ?? _folder.File("Chart.yaml")!;
        foreach (var dependency in _folder.Index.Yaml(file)?["dependencies"]?.Items ?? [])
        {
            if (dependency["name"]?.Scalar is not { Length: > 0 } name || _folder.Has($"charts/{name}/Chart.yaml")) continue;
            var type = TypeOf(name);
            var alias = dependency["alias"]?.Scalar ?? name;
            var set = _values[alias];
            var switches = dependency["condition"]?.Scalar?.Split(',')[0].Trim().Split('.').Aggregate((YamlNode?)_values, (node, part) => node?[part]);
            if (type == ServiceType.Image || set?["enabled"]?.Scalar == "false" || switches?.Scalar == "false") continue;
            var full = set?["fullnameOverride"]?.Scalar is { Length: > 0 } given ? given : $"{_release}-{alias}";
            yield return new(alias, type, file.Path, dependency.Line, [alias, .. Answering.Select(ending => full + ending), .. Answering.Select(ending => alias + ending)]);
        }
    }

    /// <summary>What charts of backing services call the services in front of them, behind their own name.</summary>
    static readonly string[] Answering = ["", "-primary", "-master", "-headless", "-hl", "-client", "-broker", "-svc"];

    static ServiceType TypeOf(string chart)
    {
        foreach (var ending in (string[])["", "-ha", "-cluster", "-sharded", "-replicaset", "-standalone"])
        {
            if (chart.EndsWith(ending, StringComparison.Ordinal) && BackingCatalogue.OfImage(chart[..^ending.Length]) is var type and not ServiceType.Image) return type;
        }
        return ServiceType.Image;
    }

    static YamlNode Map(params (string Key, YamlNode Value)[] entries) => new() { Map = [.. entries.Select(entry => (entry.Key, 1, entry.Value))], Line = 1 };

    /// <summary>The own values with the outer ones over them.</summary>
    static YamlNode Merged(YamlNode own, YamlNode over, int depth)
    {
        if (own.Map is null || over.Map is null || depth >= MaxDepth) return over;
        var map = own.Entries.ToList();
        foreach (var entry in over.Entries)
        {
            var at = map.FindIndex(one => one.Key == entry.Key);
            if (at < 0) map.Add(entry);
            else map[at] = (entry.Key, entry.Line, Merged(map[at].Value, entry.Value, depth + 1));
        }
        return new() { Map = map, Line = own.Line };
    }
}
