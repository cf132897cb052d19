using System.Text.Json;

namespace Kyozo.Engine.Images.Dockerfiles;

/// <summary>What a package.json says that matters here.</summary>
sealed record Package(string? Name, IReadOnlySet<string> Dependencies, string? Main, IReadOnlyDictionary<string, string> Scripts)
{
    public bool HasDependencies => Dependencies.Count > 0;

    /// <summary>The service's own.</summary>
    /// <exception cref="DockerfileNotMadeException">It cannot be read.</exception>
    public static Package Read(DockerfileInput input)
    {
        try
        {
            return Parse(input.Read("package.json") ?? "{}");
        }
        catch (JsonException broken)
        {
            throw new DockerfileNotMadeException($"package.json cannot be read: {broken.Message}");
        }
    }

    /// <exception cref="JsonException">The text is not JSON.</exception>
    public static Package Parse(string text)
    {
        using var document = JsonDocument.Parse(text, new() { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip });
        var root = document.RootElement;
        var scripts = new Dictionary<string, string>();
        if (Object(root, "scripts") is { } listed)
        {
            foreach (var script in listed.EnumerateObject()) scripts[script.Name] = script.Value.ToString();
        }

        var dependencies = new[] { "dependencies", "devDependencies", "optionalDependencies" }
            .SelectMany(kind => Object(root, kind) is { } some ? some.EnumerateObject().Select(one => one.Name).ToArray() : []).ToHashSet();
        return new(Text(root, "name"), dependencies, Text(root, "main"), scripts);
    }

    /// <summary>The program itself where <c>npm start</c> would only start it: npm between the two is one more process that must pass signals on.</summary>
    public string StartCommand(DockerfileInput input)
    {
        var command = input.Config.StartCommand ?? (Scripts.ContainsKey("start") ? "npm start" : null) ?? MainFile(input)
            ?? throw new DockerfileNotMadeException("How to start it is not known: add a start script to package.json.");
        var script = command.Split(' ', StringSplitOptions.RemoveEmptyEntries) switch
        {
            ["npm" or "yarn" or "pnpm", "start"] => "start",
            ["npm" or "yarn" or "pnpm", "run", var name] => name,
            _ => null,
        };
        return script is not null && !Scripts.ContainsKey("pre" + script) && Scripts.TryGetValue(script, out var line) && line.StartsWith("node ", StringComparison.Ordinal) && StartLine.IsPlain(line)
            ? line
            : command;
    }

    string? MainFile(DockerfileInput input)
    {
        var file = new[] { Main, "server.js", "index.js", "app.js", "main.js", "server.mjs", "index.mjs" }.FirstOrDefault(name => name is not null && input.Has(name));
        return file is null ? null : $"node {file}";
    }

    static string? Text(JsonElement root, string name) =>
        root.ValueKind == JsonValueKind.Object && root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    static JsonElement? Object(JsonElement root, string name) =>
        root.ValueKind == JsonValueKind.Object && root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Object ? value : null;
}
