using System.Text.Json;

namespace Kyozo.Engine.Images.Dockerfiles;

/// <summary>Node.js: packages first, so that a change of code does not install them again; development packages only for the build step.</summary>
static class NodeDockerfile
{
    const int DefaultPort = 3000;

    public static GeneratedDockerfile Write(DockerfileInput input)
    {
        if (input.Config.PackageManager == "bun" || input.Has("bun.lock") || input.Has("bun.lockb")) return BunDockerfile.Write(input);

        var package = Package.Read(input);
        var manager = ManagerOf(input);
        var builds = input.Config.BuildCommand is not null;
        var text = new DockerfileText("a Node.js service", input.IsPart)
            .Line($"FROM {input.Base("node")} AS build")
            .Line("WORKDIR /app");
        if (package.HasDependencies)
        {
            text.Certificates(input, "NODE_EXTRA_CA_CERTS")
                .LineIf(input.NpmRegistry is not null, $"ARG NPM_CONFIG_REGISTRY={input.NpmRegistry}")
                .LineIf(manager.Prepare is not null, $"RUN {manager.Prepare}");
            // A member of a workspace is installed with the workspace: its packages beside it are linked, not downloaded.
            if (input.IsPart) text.Line("COPY app/ ./").LineIf(!input.HasInContext("package.json"), $"WORKDIR {input.In("/app")}").Download(manager.InstallAll);
            else text.CopyFiles(input, ["package.json", .. manager.Files]).Download(builds ? manager.InstallAll : manager.InstallProduction);
        }

        text.LineIf(!input.IsPart || !package.HasDependencies, "COPY app/ ./").LineIf(input.IsPart, $"WORKDIR {input.In("/app")}");
        if (builds)
        {
            // SvelteKit makes a Node.js server of what leaves its choice open where it is told that it is built for one, and fetches what that takes.
            if (package.Dependencies.Contains("@sveltejs/adapter-auto") && input.Config.OutputPath is null) text.Line("ARG GCP_BUILDPACKS=1").Download(input.Config.BuildCommand!);
            else text.Line($"RUN {input.Config.BuildCommand}");
            if (input.Config.OutputPath is { } output) return StaticDockerfile.Serve(input, text, $"COPY --from=build {input.In("/app")}/{StaticDockerfile.Relative(output)}/ /srv/");
            if (package.HasDependencies && !input.IsPart) text.LineIf(manager.Prune is not null, $"RUN {manager.Prune}");
        }

        return text.Stage()
            .Line($"FROM {input.Base("node")}")
            .Line($"ENV NODE_ENV=production HOME=/tmp{(input.Port is { } port ? $" PORT={port}" : "")}")
            .Line("COPY --from=build --chown=1000:1000 /app /app")
            .Line($"WORKDIR {input.In("/app")}")
            .Line("USER 1000:1000")
            .LineIf(input.Port is not null, $"EXPOSE {input.Port ?? DefaultPort}")
            .Line(StartLine.From(package.StartCommand(input)))
            .End();
    }

    static Manager ManagerOf(DockerfileInput input)
    {
        bool Has(string file) => input.Has(file) || input.HasInContext(file);
        if (Has("pnpm-lock.yaml") || input.Config.PackageManager == "pnpm")
        {
            var frozen = Has("pnpm-lock.yaml") && !input.IsPart ? " --frozen-lockfile" : "";
            return new("npm install --global pnpm@9", $"pnpm install{frozen}", $"pnpm install --prod{frozen}", "pnpm prune --prod", ["pnpm-lock.yaml", "pnpm-workspace.yaml", ".npmrc"]);
        }

        if (Has(".yarnrc.yml"))
            return new("npm install --global corepack && corepack enable", "yarn install --immutable", "yarn install --immutable", null, ["yarn.lock", ".yarnrc.yml"]);
        if (Has("yarn.lock") || input.Config.PackageManager == "yarn")
        {
            var frozen = Has("yarn.lock") && !input.IsPart ? " --frozen-lockfile" : "";
            return new("npm install --global yarn@1.22.22", $"yarn install{frozen}", $"yarn install --production{frozen}", $"yarn install --production{frozen}", ["yarn.lock", ".npmrc"]);
        }

        // Parts of the workspace that this service does not need are not there, and a clean install would miss them.
        var install = !input.IsPart && input.Has("package-lock.json") || input.Has("npm-shrinkwrap.json") ? "npm ci" : "npm install";
        return new(null, $"{install} --no-audit --no-fund", $"{install} --omit=dev --no-audit --no-fund", "npm prune --omit=dev --no-audit --no-fund", ["package-lock.json", "npm-shrinkwrap.json", ".npmrc"]);
    }

    sealed record Manager(string? Prepare, string InstallAll, string InstallProduction, string? Prune, string[] Files);
}

/// <summary>What a package.json says that matters here.</summary>
sealed record Package(IReadOnlySet<string> Dependencies, string? Main, IReadOnlyDictionary<string, string> Scripts)
{
    public bool HasDependencies => Dependencies.Count > 0;

    public static Package Read(DockerfileInput input)
    {
        try
        {
            using var document = JsonDocument.Parse(input.Read("package.json") ?? "{}", new() { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip });
            var root = document.RootElement;
            var scripts = new Dictionary<string, string>();
            if (Object(root, "scripts") is { } listed)
            {
                foreach (var script in listed.EnumerateObject()) scripts[script.Name] = script.Value.ToString();
            }

            var dependencies = new[] { "dependencies", "devDependencies", "optionalDependencies" }
                .SelectMany(kind => Object(root, kind) is { } some ? some.EnumerateObject().Select(one => one.Name).ToArray() : []).ToHashSet();
            var main = root.ValueKind == JsonValueKind.Object && root.TryGetProperty("main", out var named) && named.ValueKind == JsonValueKind.String ? named.GetString() : null;
            return new(dependencies, main, scripts);
        }
        catch (JsonException broken)
        {
            throw new DockerfileNotMadeException($"package.json cannot be read: {broken.Message}");
        }
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

    static JsonElement? Object(JsonElement root, string name) =>
        root.ValueKind == JsonValueKind.Object && root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Object ? value : null;
}
