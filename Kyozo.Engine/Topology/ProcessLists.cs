using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Kyozo.Engine.Folders;
using Kyozo.Engine.Topology.Reading;

namespace Kyozo.Engine.Topology;

/// <summary>A process that a file names.</summary>
sealed record NamedProcess(string Name, string Command, SnapshotFile File, int Line, int? Port = null);

/// <summary>The processes of a folder as its Procfile, its fly.toml, its pm2 or supervisor configuration, its Procfile for development, its scripts or its further Dockerfiles name them.</summary>
static partial class ProcessLists
{
    /// <summary>Names of processes that do work beside the one that answers.</summary>
    static readonly string[] WorkNames = ["worker", "workers", "consumer", "scheduler", "queue", "jobs", "cron", "celery", "beat", "sidekiq"];

    /// <summary>What watches and builds while somebody works on the program.</summary>
    static readonly string[] Tooling = ["watch", "build", "vite", "webpack", "tailwind", "esbuild", "ngrok", "docker", "redis-server", "postgres", "mailhog", "mailcatcher", "stripe", "storybook"];

    /// <summary>All processes of the folder in the order of the file that names them: the first file of these that names any.</summary>
    public static List<NamedProcess> Of(Folder folder, Func<string, bool> starts)
    {
        if (folder.File("Procfile") is { } procfile) return [.. Procfile(procfile)];
        if (folder.File("fly.toml") is { } fly && Fly(folder, fly).ToList() is { Count: > 1 } machines) return machines;
        if (folder.First("ecosystem.config.js", "ecosystem.config.cjs", "pm2.config.js") is { } pm2 && Pm2(folder, pm2).ToList() is { Count: > 1 } apps) return apps;
        if (folder.First("supervisord.conf", "docker/supervisord.conf", "conf/supervisord.conf") is { } supervisor && Supervisor(supervisor).Where(process => starts(process.Command)).ToList() is { Count: > 1 } programs) return programs;
        if (folder.First("Procfile.dev") is { } development && Procfile(development).Where(process => !Array.Exists(Tooling, word => process.Command.Contains(word, StringComparison.Ordinal)) && starts(process.Command)).ToList() is { Count: > 1 } processes) return processes;
        return [];
    }

    /// <summary>Processes that only do work, of a folder whose main process is known from elsewhere.</summary>
    public static IEnumerable<NamedProcess> Workers(Folder folder)
    {
        if (folder.Has("Dockerfile"))
        {
            foreach (var file in folder.Files.Where(file => FileInterest.IsDockerfile(file.Name)))
            {
                var name = file.Name.Split('.', '-').FirstOrDefault(part => Array.Exists(WorkNames, word => word.Equals(part, StringComparison.OrdinalIgnoreCase)));
                if (name is not null && DockerfileText.Parse(file) is { Command: { Length: > 0 } command }) yield return new(name.ToLowerInvariant(), command, file, file.LineOf("CMD") ?? 1);
            }
        }
        if (folder.File("package.json") is { } manifest && folder.Index.Json(manifest)?.At("scripts") is { ValueKind: JsonValueKind.Object } scripts)
        {
            var start = scripts.Text("start") is { } main ? ScriptFile().Match(main).Groups["file"].Value : "";
            foreach (var script in scripts.EnumerateObject().Where(script => script.Value.ValueKind == JsonValueKind.String))
            {
                var words = script.Name.Split(':', '-');
                var name = Array.Find(words, word => Array.Exists(WorkNames, known => known == word));
                if (name is null || !Array.TrueForAll(words, word => word == name || word == "start") || ScriptFile().Match(script.Value.GetString()!) is not { Success: true } runs || start.Length == 0 || runs.Groups["file"].Value == start) continue;
                yield return new(name, $"npm run {script.Name}", manifest, manifest.LineOf($"\"{script.Name}\"") ?? 1);
            }
        }
    }

    static IEnumerable<NamedProcess> Procfile(SnapshotFile file)
    {
        var number = 0;
        foreach (var line in (file.Text ?? "").Split('\n'))
        {
            number++;
            if (line.Split(':', 2) is [var name, var command] && name.Trim().All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-') && command.Trim().Length > 0 && name.Trim() != "release") yield return new(name.Trim(), command.Trim(), file, number);
        }
    }

    /// <summary>The process groups of Fly: <c>[processes] web = "gunicorn app:app"</c>. One without a command is what the image starts.</summary>
    static IEnumerable<NamedProcess> Fly(Folder folder, SnapshotFile file)
    {
        foreach (var process in folder.Index.Toml(file)?.Table("processes") ?? [])
        {
            if (process.Key.Length > 0) yield return new(process.Key, process.Text.Trim(), file, process.Line);
        }
    }

    static IEnumerable<NamedProcess> Pm2(Folder folder, SnapshotFile file)
    {
        foreach (Match app in Pm2App().Matches(file.Text ?? ""))
        {
            var script = app.Groups["script"].Value is { Length: > 0 } first ? first : app.Groups["script2"].Value;
            // What lies in a package of its own is that package's program.
            if (app.Value.Contains("cwd", StringComparison.Ordinal) || folder.File(Paths.Normal(script)) is not { } runs || runs.Folder != folder.Path && folder.Index.File(Paths.Join(runs.Folder, "package.json")) is not null) continue;
            var name = app.Groups["name"].Value is { Length: > 0 } named ? named : app.Groups["name2"].Value;
            var rest = file.Text!.AsSpan(app.Index + app.Length);
            if (rest.IndexOf("script", StringComparison.Ordinal) is >= 0 and var next) rest = rest[..next];
            yield return new(Slug.Of(name), $"node {Paths.Normal(script)}", file, file.LineOf(name) ?? 1, Pm2Port().Match(app.Value + rest[..Math.Min(rest.Length, 300)].ToString()) is { Success: true } port ? int.Parse(port.Groups["port"].Value, CultureInfo.InvariantCulture) : null);
        }
    }

    static IEnumerable<NamedProcess> Supervisor(SnapshotFile file)
    {
        string? name = null;
        var number = 0;
        foreach (var line in (file.Text ?? "").Split('\n').Select(line => line.Trim()))
        {
            number++;
            if (line.StartsWith('[')) name = line.StartsWith("[program:", StringComparison.Ordinal) ? line[9..].TrimEnd(']') : null;
            else if (name is not null && line.StartsWith("command", StringComparison.Ordinal) && line.Split('=', 2) is [var key, var command] && key.Trim() == "command") yield return new(name, command.Trim(), file, number);
        }
    }

    /// <summary><c>name: 'api', … script: 'src/server.js'</c> of one app, in either order.</summary>
    [GeneratedRegex(@"\{[^{}]{0,400}?(\bname[""']?\s*:\s*[""'`](?<name>[\w .-]{1,60})[""'`][^{}]{0,300}?\bscript[""']?\s*:\s*[""'`](?<script>[^""'`\s]{1,120})[""'`]|\bscript[""']?\s*:\s*[""'`](?<script2>[^""'`\s]{1,120})[""'`][^{}]{0,300}?\bname[""']?\s*:\s*[""'`](?<name2>[\w .-]{1,60})[""'`])[^{}]{0,400}", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Pm2App();

    [GeneratedRegex(@"\bPORT[""']?\s*:\s*[""']?(?<port>\d{2,5})\b", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Pm2Port();

    /// <summary>The file that a script hands to a runtime.</summary>
    [GeneratedRegex(@"\b(node|nodemon|tsx|ts-node|ts-node-dev|bun|bun run)\s+(-\S+\s+){0,4}(?<file>[\w./-]{1,120})", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex ScriptFile();
}
