using Kyozo.Engine.Folders;

namespace Kyozo.Engine.Topology.Reading;

/// <summary>What a Dockerfile says about the service: images of its stages, ports, command. Nothing of it is run here.</summary>
sealed class DockerfileText
{
    /// <summary>Images named by FROM, in order; names of earlier stages left out.</summary>
    public List<(string Image, int Line)> Bases { get; } = [];

    public List<(int Port, int Line)> Ports { get; } = [];

    /// <summary>ENTRYPOINT and CMD of the last stage in shell form, or null.</summary>
    public string? Command { get; private set; }

    /// <summary>Variables with a value.</summary>
    public Dictionary<string, string> Variables { get; } = new(StringComparer.Ordinal);

    public static DockerfileText Parse(SnapshotFile file)
    {
        var dockerfile = new DockerfileText();
        var stages = new Dictionary<string, (List<(int Port, int Line)> Ports, string? Entrypoint, string? Command)>(StringComparer.OrdinalIgnoreCase);
        string? entrypoint = null, command = null, stage = null;
        var number = 0;
        var start = 0;
        var pending = "";
        foreach (var raw in (file.Text ?? "").Split('\n'))
        {
            number++;
            var line = raw.Trim();
            if (line.Length == 0 || line[0] == '#') continue;
            if (pending.Length == 0) start = number;
            if (line.EndsWith('\\'))
            {
                pending += line[..^1] + " ";
                continue;
            }
            line = pending + line;
            pending = "";
            var words = line.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
            switch (words[0].ToUpperInvariant())
            {
                case "ARG" or "ENV" when words.Length > 1:
                    dockerfile.Remember(words);
                    break;
                case "FROM" when words.Length > 1:
                    var image = dockerfile.Fill(words.Skip(1).First(word => !word.StartsWith("--", StringComparison.Ordinal) || word == words[^1]));
                    if (stage is not null) stages[stage] = ([.. dockerfile.Ports], entrypoint, command);
                    dockerfile.Ports.Clear();
                    // A stage made from an earlier one goes on with what that one says.
                    if (stages.TryGetValue(image, out var earlier))
                    {
                        dockerfile.Ports.AddRange(earlier.Ports);
                        (entrypoint, command) = (earlier.Entrypoint, earlier.Command);
                    }
                    else
                    {
                        if (image != "scratch") dockerfile.Bases.Add((image, start));
                        (entrypoint, command) = (null, null);
                    }
                    stage = words.Length > 3 && words[^2].Equals("AS", StringComparison.OrdinalIgnoreCase) ? words[^1] : null;
                    break;
                case "EXPOSE":
                    foreach (var word in words.Skip(1))
                    {
                        if (int.TryParse(dockerfile.Fill(word).Split('/')[0], out var port) && port is > 0 and < 65536) dockerfile.Ports.Add((port, start));
                    }
                    break;
                case "ENTRYPOINT":
                    entrypoint = Shell(line[10..]);
                    command = null;
                    break;
                case "CMD":
                    command = Shell(line[3..]);
                    break;
            }
        }
        dockerfile.Command = entrypoint is null ? command : command is null ? entrypoint : $"{entrypoint} {command}";
        return dockerfile;
    }

    void Remember(string[] words)
    {
        if (!words[1].Contains('=', StringComparison.Ordinal) && words.Length == 3)
        {
            Variables[words[1]] = Fill(words[2]);
            return;
        }
        foreach (var word in words.Skip(1))
        {
            if (word.Split('=', 2) is [var name, var value]) Variables[name] = Fill(value.Trim('"', '\''));
        }
    }

    string Fill(string text)
    {
        foreach (var (name, value) in Variables)
        {
            text = text.Replace($"${{{name}}}", value, StringComparison.Ordinal).Replace($"${name}", value, StringComparison.Ordinal);
        }
        return text;
    }

    static string? Shell(string text)
    {
        text = text.Trim();
        if (!text.StartsWith('[')) return text;
        return string.Join(' ', text.Trim('[', ']').Split(',').Select(word => word.Trim().Trim('"'))) is { Length: > 0 } words ? words : null;
    }
}
