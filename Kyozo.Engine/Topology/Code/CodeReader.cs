using System.Buffers;
using System.Text.RegularExpressions;
using Kyozo.Engine.Folders;
using Kyozo.Engine.Topology.Backing;
using Kyozo.Engine.Topology.Reading;

namespace Kyozo.Engine.Topology.Code;

/// <summary>Reads program texts, configuration and environment files of a service. Looks for patterns, understands no language, runs nothing.</summary>
static partial class CodeReader
{
    const int MaxFiles = 400, MaxMatches = 200, LongestCall = 300;

    static readonly SearchValues<string> CallWords = SearchValues.Create(["env", "config"], StringComparison.OrdinalIgnoreCase);

    static readonly SearchValues<string> DatabaseWords = SearchValues.Create(["postgres", "mysql", "mariadb", "mssql", "sqlserver", "mongodb", "'pg'", "\"pg\""], StringComparison.Ordinal);

    static readonly HashSet<string> ProxyFiles = new(StringComparer.OrdinalIgnoreCase) { "Caddyfile", "haproxy.cfg" };

    /// <summary>Folders whose text is about the program, not of it.</summary>
    static readonly HashSet<string> Aside = new(StringComparer.OrdinalIgnoreCase) { "test", "tests", "__tests__", "spec", "specs", "e2e", "fixtures", "testdata", "__mocks__", "mocks", "docs", "examples", "migrations", "cypress", "playwright" };

    public static void Read(CodeFacts facts, IEnumerable<SnapshotFile> files, string folder)
    {
        foreach (var file in files.Where(file => file.HasText && IsOfProgram(file, folder)).Take(MaxFiles))
        {
            file.Questions?.AskCode();
            ReadFile(facts, file, file.RawText!);
        }
    }

    /// <summary>What one file says. What it adds to the facts of a program depends on nothing else of its text.</summary>
    public static CodeFacts Of(SnapshotFile file)
    {
        var facts = new CodeFacts();
        if (file.HasText) ReadFile(facts, file, file.RawText!);
        return facts;
    }

    static void ReadFile(CodeFacts facts, SnapshotFile file, string text)
    {
        if (file.Name.StartsWith(".env", StringComparison.Ordinal) || file.Name is ".flaskenv")
        {
            foreach (var (name, value, line) in DotEnv.Lines(file))
            {
                facts.Variables.Add(new(name, value, new(file.Path, line), FromFile: true));
                if (OwnPorts.Contains(name) && Port(value) is { } port) facts.Ports.Add(new(port, 1, $"{name} in an environment file", new(file.Path, line)));
            }
            return;
        }
        if (FileInterest.IsDockerfile(file.Name))
        {
            Dockerfile(facts, file, text);
            return;
        }
        var isManifest = FileInterest.Of(file.Name) == FileInterest.Level.Manifest;
        var isProxy = ProxyFiles.Contains(file.Name) || file.Extension is ".conf" or ".template";
        var known = facts.Addresses.Count;
        if (isProxy) Proxy(facts, file, text);
        var sendsOn = facts.Addresses.Count > known;
        if (file.Name.StartsWith("ocelot", StringComparison.OrdinalIgnoreCase))
        {
            foreach (Match match in Downstream().Matches(text).Take(MaxMatches)) facts.Addresses.Add(new("http", match.Groups["host"].Value, Port(match.Groups["port"].Value), PlaceOf(file, text, match)));
            return;
        }
        if (file.Name is "launchSettings.json" or "local.settings.json")
        {
            Development(facts, file, text);
            return;
        }
        if ((text.Contains("://", StringComparison.Ordinal) || text.Contains("Client(", StringComparison.Ordinal)) && !IsLockOrMeta(file.Name)) Addresses(facts, file, text, sendsOn);
        if (file.Name.StartsWith("application", StringComparison.Ordinal) || file.Name.StartsWith("bootstrap", StringComparison.Ordinal)) Names(facts, text);
        if (!isManifest || file.Name == "config.json") Databases(facts, file, text);
        if (isManifest && !IsSettings(file)) return;
        if (file.Extension == ".json" && file.Name.StartsWith("appsettings", StringComparison.OrdinalIgnoreCase)) Settings(facts, file, text);

        if (text.Contains("env", StringComparison.OrdinalIgnoreCase) || text.Contains("${", StringComparison.Ordinal) || text.Contains("onfig(", StringComparison.Ordinal)) Variables(facts, file, text);
        if (isManifest && !StatesPort(file)) return;
        Ports(facts, file, text);
        if (facts.Server is null && !isManifest && file.ServerAt() is >= 0 and var at) facts.Server = new(file.Path, TextLines.LineAt(text, at));
        if (!isManifest)
        {
            foreach (Match health in CodePatterns.HealthRoute().Matches(text))
            {
                var path = health.Groups["path"].Value;
                if (facts.Health is null || Preference(path) < Preference(facts.Health.Value.Path)) facts.Health = (path, PlaceOf(file, text, health));
            }
        }
    }

    static void Variables(CodeFacts facts, SnapshotFile file, string text)
    {
        Add(CodePatterns.EnvironmentMember());
        Add(CodePatterns.EnvironmentIndex());
        // It may begin at any word: run over the lines alone that can hold it.
        foreach (var (from, length) in LinesWith(CallWords, text)) Find(CodePatterns.EnvironmentCall(), text.Substring(from, length), from);
        if (file.Extension is ".properties" or ".yml" or ".yaml" or ".sh" or ".conf" or ".template" or ".xml") Add(CodePatterns.EnvironmentPlaceholder());
        foreach (Match match in text.Contains("process.env", StringComparison.Ordinal) ? CodePatterns.EnvironmentDestructured().Matches(text).Take(MaxMatches) : [])
        {
            foreach (var part in match.Groups["names"].Value.Split(','))
            {
                var pair = part.Split('=', 2);
                var name = pair[0].Split(':')[0].Trim();
                if (name.Length > 1 && name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_')) facts.Variables.Add(new(name, pair.Length > 1 ? pair[1].Trim(' ', '\'', '"', '`', '\n', '\r') : null, PlaceOf(file, text, match), FromFile: false));
            }
        }

        void Add(Regex pattern) => Find(pattern, text, 0);

        void Find(Regex pattern, string part, int from)
        {
            foreach (Match match in pattern.Matches(part).Take(MaxMatches))
            {
                var value = match.Groups["default"].Success ? match.Groups["default"].Value : null;
                if (value is null && CodePatterns.DefaultValue().Match(text, from + match.Index + match.Length) is { Success: true } after) value = after.Groups["value"].Value;
                facts.Variables.Add(new(match.Groups["name"].Value, value, new(file.Path, TextLines.LineAt(text, from + match.Index)), FromFile: false));
            }
        }
    }

    /// <summary>Whole lines from one with such a word to some way behind it, for a call that goes over several; what overlaps is one.</summary>
    static IEnumerable<(int From, int Length)> LinesWith(SearchValues<string> words, string text)
    {
        for (var at = Next(0); at >= 0;)
        {
            var from = text.LastIndexOf('\n', at) + 1;
            int end;
            do end = EndOfLine(Math.Min(text.Length, EndOfLine(at) + LongestCall));
            while ((at = Next(EndOfLine(at))) >= 0 && at < end);
            yield return (from, end - from);
        }

        int Next(int from) => text.AsSpan(from).IndexOfAny(words) is >= 0 and var found ? from + found : -1;

        int EndOfLine(int at) => text.IndexOf('\n', at) is >= 0 and var end ? end : text.Length;
    }

    /// <summary>Addresses in the settings of .NET: each is also the variable that overrides it (<c>Urls:Catalog</c> is <c>Urls__Catalog</c>).</summary>
    static void Settings(CodeFacts facts, SnapshotFile file, string text)
    {
        if (!text.Contains("://", StringComparison.Ordinal)) return;
        try
        {
            Walk(JsonText.Parse(text), "", 0);
        }
        catch (System.Text.Json.JsonException)
        {
            // Noted where the manifest is read.
        }

        void Walk(System.Text.Json.JsonElement element, string name, int depth)
        {
            if (element.ValueKind == System.Text.Json.JsonValueKind.Object && depth < MaxSettingsDepth)
            {
                foreach (var member in element.EnumerateObject()) Walk(member.Value, name.Length == 0 ? member.Name : $"{name}__{member.Name}", depth + 1);
            }
            else if (element.ValueKind == System.Text.Json.JsonValueKind.String && element.GetString() is { } value && value.StartsWith("http", StringComparison.Ordinal) && CodePatterns.Address().IsMatch(value) && Topology.Variables.IsName(name) && facts.Variables.Count < MaxMatches)
                facts.Variables.Add(new(name, value, new(file.Path, file.LineOf(value) ?? 1), FromFile: true));
        }
    }

    const int MaxSettingsDepth = 8;

    /// <summary>Variables in the command of a Dockerfile that it does not set itself.</summary>
    static void Dockerfile(CodeFacts facts, SnapshotFile file, string text)
    {
        var own = DockerfileText.Parse(file);
        foreach (Match match in CodePatterns.EnvironmentPlaceholder().Matches(own.Command ?? "").Take(MaxMatches))
        {
            var name = match.Groups["name"].Value;
            if (!own.Variables.ContainsKey(name)) facts.Variables.Add(new(name, match.Groups["default"].Success ? match.Groups["default"].Value : null, new(file.Path, file.LineOf(match.Value) ?? 1), FromFile: false));
        }
    }

    static void Addresses(CodeFacts facts, SnapshotFile file, string text, bool ofProxy)
    {
        foreach (Match match in CodePatterns.Address().Matches(text).Take(MaxMatches))
        {
            var host = match.Groups["host"].Value;
            if (host.Contains('.', StringComparison.Ordinal) && host is not "127.0.0.1") continue;
            facts.Addresses.Add(new(match.Groups["scheme"].Value, host, int.TryParse(match.Groups["port"].Value, out var port) ? port : null, PlaceOf(file, text, match), CodePatterns.CallerNotCalled().IsMatch(Around(text, match.Index)), ofProxy));
        }
        foreach (Match match in file.Extension is ".java" or ".kt" or ".yml" or ".yaml" or ".properties" && (text.Contains("Client(", StringComparison.Ordinal) || text.Contains("lb:", StringComparison.Ordinal)) ? CodePatterns.RegisteredClient().Matches(text).Take(MaxMatches) : [])
            facts.Addresses.Add(new("http", match.Groups["host"].Value, null, PlaceOf(file, text, match)));
    }

    const int Near = 300;

    /// <summary>The line around an offset, cut where it goes on for long.</summary>
    static ReadOnlySpan<char> Around(string text, int at)
    {
        var from = Math.Max(text.LastIndexOf('\n', at) + 1, at - Near);
        var rest = text.AsSpan(from, Math.Min(text.Length - from, at - from + Near));
        return rest[(at - from)..].IndexOf('\n') is >= 0 and var end ? rest[..(at - from + end)] : rest;
    }

    /// <summary>Addresses that a program has on the machine of who works on it.</summary>
    static void Development(CodeFacts facts, SnapshotFile file, string text)
    {
        foreach (Match match in CodePatterns.Address().Matches(text).Take(MaxMatches))
            if (match.Groups["host"].Value is "localhost" or "127.0.0.1" && Port(match.Groups["port"].Value) is { } port) facts.DevelopmentPorts.Add(new(port, 3, "address while it is worked on", PlaceOf(file, text, match)));
        foreach (Match match in LocalPort().Matches(text).Take(1))
            if (Port(match.Groups["port"].Value) is { } port) facts.DevelopmentPorts.Add(new(port, 3, "address while it is worked on", PlaceOf(file, text, match)));
    }

    static void Names(CodeFacts facts, string text)
    {
        foreach (Match match in CodePatterns.ApplicationName().Matches(text).Take(1)) facts.Names.Add(match.Groups["name"].Value);
    }

    static void Databases(CodeFacts facts, SnapshotFile file, string text)
    {
        // Most files name none: looking for the words is quicker than for the pattern.
        if (text.AsSpan().IndexOfAny(DatabaseWords) < 0) return;
        foreach (Match match in CodePatterns.DatabaseKind().Matches(text).Take(MaxMatches)) facts.Databases.Add(new(match.Groups["kind"].Value, PlaceOf(file, text, match)));
    }

    [GeneratedRegex(@"""Host""\s*:\s*""(?<host>[A-Za-z][\w.-]{0,80})""\s*,\s*""Port""\s*:\s*""?(?<port>\d{2,5})", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Downstream();

    [GeneratedRegex(@"""LocalHttpPort""\s*:\s*(?<port>\d{2,5})", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex LocalPort();

    static void Proxy(CodeFacts facts, SnapshotFile file, string text)
    {
        foreach (Match match in CodePatterns.ProxyTarget().Matches(text).Take(MaxMatches))
            facts.Addresses.Add(new("http", match.Groups["host"].Value, int.TryParse(match.Groups["port"].Value, out var port) ? port : null, PlaceOf(file, text, match), OfProxy: true));
    }

    static readonly string[] OwnPorts = ["PORT", "HTTP_PORT", "APP_PORT", "SERVER_PORT", "API_PORT", "WEB_PORT", "LISTEN_PORT", "FLASK_RUN_PORT", "NITRO_PORT", "NUXT_PORT", "VITE_PORT", "BACKEND_PORT", "FRONTEND_PORT", "SERVICE_PORT"];

    static void Ports(CodeFacts facts, SnapshotFile file, string text)
    {
        foreach (var variable in facts.Variables.Where(variable => !variable.FromFile && variable.Place.File == file.Path && OwnPorts.Contains(variable.Name)))
            if (Port(variable.Value?.TrimStart(':')) is { } port) facts.Ports.Add(new(port, 0, $"default of {variable.Name}", variable.Place));
        Collect(CodePatterns.OpenedPort(), 1, "port that is opened");
        Collect(CodePatterns.ConfiguredPort(), 1, "configured port");
        Collect(CodePatterns.ListenAddress(), 1, "address to listen on");
        Collect(CodePatterns.PortConstant(), 2, "constant port");
        if (file.Extension == ".hs") Collect(CodePatterns.HaskellPort(), 1, "port that is opened");
        if (file.Name == "config.json") Collect(CodePatterns.JsonPort(), 1, "configured port");
        if (file.Extension is ".yml" or ".yaml" && NestedPort(text) is var (nested, line)) facts.Ports.Add(new(nested, 1, "configured port", new(file.Path, line)));

        void Collect(Regex pattern, int order, string signal)
        {
            foreach (Match match in pattern.Matches(text).Take(MaxMatches))
                if (Port(match.Groups["port"].Value) is { } port && !BackingCatalogue.IsBackingPort(port)) facts.Ports.Add(new(port, order, signal, PlaceOf(file, text, match)));
        }
    }

    /// <summary>The port of <c>server: port:</c> (Spring, Micronaut, Helidon) or <c>http: port:</c> (Quarkus) in a YAML configuration, also as the default of a variable.</summary>
    static (int Port, int Line)? NestedPort(string text)
    {
        var parents = new List<(int Indent, string Key)>();
        var number = 0;
        foreach (var line in text.Split('\n'))
        {
            number++;
            var indent = line.Length - line.AsSpan().TrimStart().Length;
            if (line.AsSpan().Trim().IsEmpty || line[indent] == '#' || line.IndexOf(':', indent) is not (> 0 and var colon)) continue;
            parents.RemoveAll(parent => parent.Indent >= indent);
            var key = line[indent..colon].Trim();
            if (key == "port" && parents is [.., var (_, parent)] && parent is "server" or "http" && !parents.Exists(one => one.Key is "management" or "endpoints"))
            {
                var value = line[(colon + 1)..].Trim().TrimEnd('}');
                if (Port(value[(value.LastIndexOf(':') + 1)..].Trim('"', '\'')) is { } port) return (port, number);
            }
            parents.Add((indent, key));
        }
        return null;
    }

    static bool IsOfProgram(SnapshotFile file, string folder)
    {
        var relative = file.Folder == folder ? "" : Paths.Inside(folder, file.Folder);
        return relative is "" or "." || !relative.Split('/').Any(Aside.Contains);
    }

    static bool IsSettings(SnapshotFile file) =>
        file.Name.StartsWith("appsettings", StringComparison.OrdinalIgnoreCase) || file.Name.StartsWith("application", StringComparison.Ordinal) || file.Name is "schema.prisma" or "database.yml" or "Rocket.toml" or "server.xml" or "bootstrap.yml" or "config.json" or "config.yml" or "config.yaml" or "manage.py" || file.Extension is ".conf" or ".template";

    static bool StatesPort(SnapshotFile file) =>
        file.Name.StartsWith("application", StringComparison.Ordinal) || file.Name.StartsWith("appsettings", StringComparison.OrdinalIgnoreCase) || file.Name is "Rocket.toml" or "server.xml" or "app.conf" or "bootstrap.yml" or "config.json" or "config.yml" or "config.yaml" or "manage.py";

    static bool IsLockOrMeta(string name) => name is "composer.lock" or "Gemfile.lock" or "pom.xml" or "package.json5" || name.EndsWith(".csproj", StringComparison.Ordinal) || name.Contains("compose", StringComparison.Ordinal) && name.EndsWith("ml", StringComparison.Ordinal);

    static int Preference(string path) => path switch { "/health" => 0, "/healthz" => 1, "/api/health" => 2, "/livez" or "/alive" => 3, "/readyz" => 4, "/ping" => 6, "/up" => 7, "/status" or "/heartbeat" => 8, _ => 5 };

    static int? Port(string? text) => int.TryParse(text, out var port) && port is >= 80 and < 65536 ? port : null;

    static Place PlaceOf(SnapshotFile file, string text, Match match) => new(file.Path, TextLines.LineAt(text, match.Index));
}
