using Kyozo.Data.ServiceInstances;
using Kyozo.Engine.Containers.Docker;
using Kyozo.Engine.Topology.Reading;

namespace Kyozo.Engine.Topology.Manifest;

/// <summary>Reads a <c>kyozo.yaml</c> into its model. Collects everything that is wrong with it, each with its line, not only the first.</summary>
sealed class ManifestReader
{
    const int MaxProblems = 50;

    /// <summary>Keys of other tools that would reach the host or others: refused by name, so that nobody thinks they are only misspelt (SAFETY A-26).</summary>
    static readonly HashSet<string> NeverAllowed = new(StringComparer.OrdinalIgnoreCase)
    {
        "privileged", "cap_add", "capAdd", "capabilities", "pid", "pidMode", "ipc", "ipcMode", "uts", "utsMode", "network_mode", "networkMode", "userns_mode", "usernsMode", "devices", "device_cgroup_rules",
        "security_opt", "securityOpt", "sysctls", "cgroup_parent", "cgroupParent", "cgroup", "runtime", "binds", "mounts", "extra_hosts", "group_add", "oomKillDisable", "oom_kill_disable", "user", "extends", "env_file", "envFile", "include",
    };

    readonly List<ManifestProblem> _problems = [];

    public IReadOnlyList<ManifestProblem> Problems => _problems;

    /// <summary>The model, and what is wrong with it: with any problem nothing of it holds.</summary>
    public static (KyozoManifest Manifest, IReadOnlyList<ManifestProblem> Problems) Read(string file, string text)
    {
        var reader = new ManifestReader();
        var manifest = new KyozoManifest { File = file };
        try
        {
            if (YamlText.Parse(text) is not { } root) reader.Refuse(1, "The file is empty: name at least one service below 'services:'.");
            else reader.Keys(manifest, root, ManifestKeys.RootKeys, "the file");
        }
        catch (FormatException problem)
        {
            reader.Refuse(1, $"not valid YAML: {problem.Message}");
        }
        return (manifest, reader._problems);
    }

    public void Refuse(int line, string message)
    {
        if (_problems.Count < MaxProblems) _problems.Add(new(line, message.Length <= 500 ? message : message[..500] + "…"));
    }

    public bool IsEmpty(YamlNode node) => node.Scalar is "" or "~" or "null";

    /// <summary>Reads every entry of a map by the table of its keys.</summary>
    public void Keys<T>(T into, YamlNode node, IReadOnlyList<ManifestKey<T>> keys, string where)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        if (node.Map is null)
        {
            Refuse(node.Line, $"{where}: expected a map of {string.Join(", ", keys.Select(key => key.Name))}.");
            return;
        }
        foreach (var (name, line, value) in node.Entries)
        {
            if (!seen.Add(name) || keys.FirstOrDefault(key => key.Name == name) is not { } key) Unknown(name, line, [.. keys.Select(one => one.Name)], where);
            else if (!IsEmpty(value)) key.Read(into, value, this);
        }
        // The first of two equal keys would win without a word.
        foreach (var twice in node.Map.Where(entry => entry.Key != "<<").GroupBy(entry => entry.Key).Where(group => group.Count() > 1)) Refuse(twice.Last().Line, $"{where}: '{twice.Key}' stands there twice.");
    }

    void Unknown(string name, int line, string[] known, string where)
    {
        if (NeverAllowed.Contains(name)) Refuse(line, $"{where}: '{name}' is not allowed: a service gets no rights over the host, other services or the engine.");
        else Refuse(line, NearestWord.Of(name, known) is { } nearest ? $"{where}: unknown key '{name}'. Did you mean '{nearest}'?" : $"{where}: unknown key '{name}'. There are: {string.Join(", ", known)}.");
    }

    public IEnumerable<(string Key, int Line, YamlNode Value)> Map(YamlNode node, int most)
    {
        if (node.Map is null)
        {
            Refuse(node.Line, "Expected a map of names and values here.");
            return [];
        }
        var entries = node.Entries.ToList();
        if (entries.Count > most) Refuse(node.Line, $"More than {most} entries.");
        foreach (var twice in node.Map.Where(entry => entry.Key != "<<").GroupBy(entry => entry.Key).Where(group => group.Count() > 1)) Refuse(twice.Last().Line, $"'{twice.Key}' stands there twice.");
        return entries.Take(most);
    }

    public void Scalar(YamlNode node, Action<string> take)
    {
        if (node.Scalar is { } text) take(text);
        else Refuse(node.Line, "Expected one value here, not a list or a map.");
    }

    public void Line(YamlNode node, int longest, Action<string> take) => Scalar(node, text =>
    {
        if (text.Length > longest || text.Any(char.IsControl)) Refuse(node.Line, $"Expected one line of at most {longest} characters.");
        else take(text);
    });

    public void Words(YamlNode node, int most, Action<IReadOnlyList<string>> take)
    {
        if (node.List is not { } items || items.Count > most || items.Exists(item => item.Scalar is null or { Length: > 2000 } || item.Scalar.Contains('\0', StringComparison.Ordinal))) Refuse(node.Line, $"Expected a list of at most {most} words: [program, argument].");
        else take([.. items.Select(item => item.Scalar!)]);
    }

    public void Whole(YamlNode node, long least, long most, Action<long> take) => Scalar(node, text =>
    {
        if (long.TryParse(text, System.Globalization.NumberStyles.AllowLeadingSign, System.Globalization.CultureInfo.InvariantCulture, out var number) && number >= least && number <= most) take(number);
        else Refuse(node.Line, $"'{text}' is no whole number from {least} to {most}.");
    });

    public void Flag(YamlNode node, Action<bool> take) => Scalar(node, text =>
    {
        if (text is "true" or "false") take(text == "true");
        else Refuse(node.Line, $"'{text}' is neither true nor false.");
    });

    public void Word<T>(YamlNode node, Action<T> take) where T : struct, Enum => Scalar(node, text =>
    {
        var words = Enum.GetNames<T>();
        if (Array.Find(words, word => word.Equals(text, StringComparison.OrdinalIgnoreCase)) is { } word) take(Enum.Parse<T>(word));
        else Refuse(node.Line, $"'{text}' is none of {string.Join(", ", words.Select(one => one.ToLowerInvariant()))}.{(NearestWord.Of(text, words) is { } nearest ? $" Did you mean '{nearest.ToLowerInvariant()}'?" : "")}");
    });

    public void Duration(YamlNode node, TimeSpan least, TimeSpan most, Action<TimeSpan> take) => Scalar(node, text =>
    {
        if (ManifestValues.Duration(text) is { } time && time >= least && time <= most) take(time);
        else Refuse(node.Line, $"'{text}' is no time from {ManifestValues.Duration(least)} to {ManifestValues.Duration(most)}, such as 30s.");
    });

    public void Inside(YamlNode node, Action<string> take) => Line(node, 1000, text =>
    {
        if (Paths.Resolve(".", text) is { } path) take(path);
        else Refuse(node.Line, $"'{text}' leads out of the folder: paths are relative to this file and stay below it.");
    });

    public void Absolute(YamlNode node, Action<string> take) => Line(node, 1000, text =>
    {
        if (text.StartsWith('/') && !text.Contains(' ', StringComparison.Ordinal)) take(text);
        else Refuse(node.Line, $"'{text}' must begin with a slash, for example /health.");
    });

    public void Image(YamlNode node, Action<string> take) => Line(node, 255, text =>
    {
        if (ImageReference.TryParse(text, out _)) take(text);
        else Refuse(node.Line, $"'{text}' is no image such as nginx:1.27 or registry.example.com/team/app:3.");
    });

    public void Variable(YamlNode node, Action<string> take) => Line(node, 128, text =>
    {
        if (Topology.Variables.IsName(text)) take(text);
        else Refuse(node.Line, $"'{text}' is no name of a variable: letters, digits and '_', not a digit first.");
    });

    /// <summary>One line; further ones are NAME=template, for a program that reads host, user and password one by one.</summary>
    public void Template(YamlNode node, Action<string> take) => Scalar(node, text =>
    {
        if (!ConnectionTemplate.IsValid(text.TrimEnd('\n'))) Refuse(node.Line, "The template is one line of at most 1000 characters with {host} {port} {user} {password} {database}; further lines are NAME=template.");
        else if (StatedVariables.HoldsAccount(text.Replace("{password}", "", StringComparison.Ordinal))) Refuse(node.Line, "The template holds a password. Write {password} in its place.");
        else take(text.TrimEnd('\n'));
    });

    public void Limit(Dictionary<string, string> limits, string name, YamlNode node, Func<string, bool> take, string range)
    {
        if (limits.TryGetValue(name, out var text) && !take(text)) Refuse(node.LineOf(name) ?? node.Line, $"The limit {name} is '{text}', but must be {range}.");
    }
}
