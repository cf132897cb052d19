using System.Text.Json;
using Kyozo.Data.Topology;
using Kyozo.Engine.Folders;
using Kyozo.Engine.Topology.Reading;

namespace Kyozo.Engine.Topology.Detectors;

/// <summary>Node.js and Bun programs, and the front ends that Node only builds.</summary>
sealed class NodeDetector : IServiceDetector
{
    /// <summary>A framework told by one of its packages, the most specific first: what brings a server library along comes before that library. <c>Output</c> is where its static build lands, null when it is a server.</summary>
    sealed record Framework(string Name, string[] Packages, int Port, string? Output = null, string[]? DevelopmentServers = null);

    static readonly Framework[] Frameworks =
    [
        new("next", ["next"], 3000),
        new("nuxt", ["nuxt", "nuxt3", "nuxt-edge"], 3000),
        new("remix", ["@remix-run/node", "@remix-run/react", "@remix-run/serve", "@remix-run/dev"], 3000),
        new("tanstack-start", ["@tanstack/react-start", "@tanstack/solid-start", "@tanstack/start"], 3000),
        new("react-router", ["@react-router/dev", "@react-router/node", "@react-router/serve"], 3000),
        new("sveltekit", ["@sveltejs/kit"], 3000),
        new("astro", ["astro"], 4321, "dist", ["astro dev", "astro preview"]),
        new("gatsby", ["gatsby"], 9000, "public", ["gatsby develop", "gatsby serve"]),
        new("docusaurus", ["@docusaurus/core"], 3000, "build", ["docusaurus start"]),
        new("eleventy", ["@11ty/eleventy"], 8080, "_site", ["eleventy --serve"]),
        new("vitepress", ["vitepress"], 4173, ".vitepress/dist", ["vitepress dev"]),
        new("strapi", ["@strapi/strapi", "strapi"], 1337),
        new("keystone", ["@keystone-6/core"], 3000),
        new("nestjs", ["@nestjs/core"], 3000),
        new("expo", ["expo"], 8081, "dist", ["expo start"]),
        new("angular", ["@angular/core"], 4200, "dist", ["ng serve"]),
        new("solid-start", ["@solidjs/start", "solid-start"], 3000),
        new("qwik", ["@builder.io/qwik-city", "@qwik.dev/router"], 3000),
        new("redwood", ["@redwoodjs/core"], 8910),
        new("blitz", ["blitz"], 3000),
        new("adonis", ["@adonisjs/core"], 3333),
        new("sails", ["sails"], 1337),
        new("feathers", ["@feathersjs/feathers"], 3030),
        new("loopback", ["@loopback/core", "@loopback/rest", "loopback"], 3000),
        new("medusa", ["@medusajs/medusa"], 9000),
        new("payload", ["payload"], 3000),
        new("directus", ["directus"], 8055),
        new("ghost", ["ghost"], 2368),
        new("azure-functions", ["@azure/functions"], 80),
        new("google-functions", ["@google-cloud/functions-framework"], 8080),
        new("fastify", ["fastify"], 3000),
        new("express", ["express"], 3000),
        new("hapi", ["@hapi/hapi", "hapi"], 3000),
        new("koa", ["koa"], 3000),
        new("hono", ["hono", "@hono/node-server"], 3000),
        new("elysia", ["elysia"], 3000),
        new("restify", ["restify"], 8080),
        new("polka", ["polka"], 3000),
        new("micro", ["micro"], 3000),
        new("h3", ["h3", "nitropack", "nitro"], 3000),
        new("moleculer", ["moleculer"], 3000),
        new("graphql-yoga", ["graphql-yoga"], 4000),
        new("apollo", ["@apollo/server", "apollo-server"], 4000),
        new("vue-cli", ["@vue/cli-service"], 8080, "dist", ["vue-cli-service serve"]),
        new("cra", ["react-scripts"], 3000, "build", ["react-scripts start", "react-scripts --openssl-legacy-provider start", "react-app-rewired start", "craco start"]),
        new("vuepress", ["vuepress", "@vuepress/cli"], 8080, "docs/.vuepress/dist", ["vuepress dev"]),
        new("hexo", ["hexo"], 4000, "public", ["hexo server"]),
        new("gridsome", ["gridsome"], 8080, "dist", ["gridsome develop"]),
        new("ember", ["ember-cli"], 4200, "dist", ["ember serve", "ember server"]),
        new("preact-cli", ["preact-cli"], 8080, "build", ["preact watch"]),
        new("stencil", ["@stencil/core"], 3333, "www", ["stencil build --dev --watch --serve"]),
        new("meteor", ["meteor-node-stubs"], 3000),
        new("vite", ["vite"], 5173, "dist", ["vite", "vite dev", "vite preview", "vite serve"]),
        new("parcel", ["parcel", "parcel-bundler"], 1234, "dist", ["parcel"]),
        new("webpack", ["webpack-dev-server"], 8080, "dist", ["webpack serve", "webpack-dev-server", "webpack dev-server"]),
    ];

    static readonly string[] EntryFiles =
    [
        "server.js", "index.js", "app.js", "main.js", "server.mjs", "index.mjs", "index.cjs", "server.ts", "index.ts", "app.ts", "main.ts", "worker.js", "worker.ts", "bin/www",
        "src/index.js", "src/server.js", "src/app.js", "src/main.js", "src/index.ts", "src/server.ts", "src/main.ts", "src/app.ts", "src/worker.ts", "src/worker.js",
    ];

    public IEnumerable<Candidate> Detect(Folder folder)
    {
        if (folder.First("package.json", "package.json5") is { } manifest)
        {
            if (folder.Index.Json(manifest) is not { ValueKind: JsonValueKind.Object } package) return [];
            var service = FromManifest(folder, manifest, package);
            // Maven builds these pages and another module serves them; the applications of a Nest workspace are told by its own detector.
            if (folder.Depth > 0 && folder.File("pom.xml").Mentions("frontend-maven-plugin") || NestDetector.Applications(folder).Any()) service.IsLibrary = true;
            return [service];
        }
        // Without a manifest only a program of the standard library can run: it must open a port.
        var script = folder.First("server.js", "index.js", "app.js", "main.js", "index.mjs", "server.mjs", "server.ts", "index.ts");
        if (script is null || !(script.Mentions(".listen(") || script.Mentions("Bun.serve(")) || folder.Has("deno.json")) return [];
        var bun = script.Mentions("Bun.serve(") || script.Extension == ".ts";
        var framework = Array.Find(Frameworks, one => one.Output is null && one.Packages.Any(package => script.Mentions($"'{package}'") || script.Mentions($"\"{package}\"")));
        return
        [
            new Candidate(folder, bun ? ServiceType.Bun : ServiceType.Nodejs, Rank.ScriptWithoutManifest) { StartCommand = $"{(bun ? "bun" : "node")} {script.Name}", Framework = framework?.Name, DefaultPort = 3000, Listens = true }
                .Because(script, script.LineOf(".listen(") ?? script.LineOf("Bun.serve("), "a script that opens a port, without package.json", Belief.ProgramManifest),
        ];
    }

    static Candidate FromManifest(Folder folder, SnapshotFile manifest, JsonElement package)
    {
        var service = new Candidate(folder, ServiceType.Nodejs, Rank.Node);
        service.Because(manifest, null, "package.json", Belief.Manifest);
        foreach (var section in (string[])["dependencies", "optionalDependencies", "devDependencies"])
        {
            foreach (var dependency in package.At(section).Members())
                service.Libraries.Add(new(section == "devDependencies" ? "npm-dev" : "npm", dependency.Name, manifest.Path, manifest.LineOf($"\"{dependency.Name}\"")));
        }

        var scripts = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var script in package.At("scripts").Members())
        {
            if (script.Value.ValueKind == JsonValueKind.String) scripts.TryAdd(script.Name, script.Value.GetString()!);
        }
        var manager = PackageManager(folder, package);
        service.PackageManager = manager;
        service.InstallCommand = service.Libraries.Count == 0 ? null : Install(folder, manager);
        service.Version = Version(folder, package);

        var framework = Array.Find(Frameworks, one => one.Packages.Any(service.Uses));
        if (framework is not null)
        {
            service.Framework = framework.Name;
            service.DefaultPort = service.DevelopmentPort = framework.Port;
            service.Because(manifest, manifest.LineOf($"\"{framework.Packages.First(service.Uses)}\""), $"framework {framework.Name}", Belief.Framework);
        }

        var run = manager == "npm" ? "npm run" : $"{manager} run";
        // Some have a script for each place to build for: that of production counts.
        var buildName = scripts.ContainsKey("build") ? "build" : scripts.Keys.FirstOrDefault(name => name is "build:prod" or "build:production" or "build-prod" or "build:release" or "build:web") ?? "build";
        if (scripts.TryGetValue(buildName, out var build)) service.BuildCommand = $"{run} {buildName}";
        var start = scripts.GetValueOrDefault("start") ?? scripts.GetValueOrDefault("start:prod") ?? scripts.GetValueOrDefault("serve");
        var startName = scripts.ContainsKey("start:prod") && service.Framework == "nestjs" ? "start:prod" : scripts.ContainsKey("start") ? "start" : scripts.ContainsKey("start:prod") ? "start:prod" : "serve";
        start = Followed(scripts, start);
        // What only bundles and watches while somebody works serves nobody.
        if (start is not null && CodePatterns.OnlyBundles().IsMatch(start)) start = null;
        if (StaticOutput(service, framework, package, start, build) is { } output)
        {
            service.OutputPath = output;
            service.DefaultPort = 80;
            service.Port = 80;
            service.Listens = true;
            service.Because(manifest, build is null ? null : manifest.LineOf($"\"{buildName}\""), $"build makes static files in {output}", Belief.StartCommand);
            NodeWorkspace.Collect(service);
            return service;
        }

        var entry = Entry(folder, package);
        // Without a script that starts it, the one that runs it while somebody works on it says which file the program is.
        var developed = start is null && Followed(scripts, scripts.GetValueOrDefault("dev") ?? scripts.GetValueOrDefault("start:dev") ?? scripts.GetValueOrDefault("develop")) is { } dev && CodePatterns.RunsFile().Match(dev) is { Success: true } runs && folder.File(Paths.Normal(runs.Groups["file"].Value)) is { } tried ? tried : null;
        entry = developed ?? entry;
        var isWorker = false;
        if (folder.First("wrangler.toml", "wrangler.json", "wrangler.jsonc") is { } worker && start is null && (service.Framework is null or "hono"))
        {
            isWorker = true;
            (service.StartCommand, service.StartText, service.DefaultPort, service.Listens) = ("npx wrangler dev --ip 0.0.0.0 --port 8787", "wrangler dev --port 8787", 8787, true);
            service.Because(worker, null, $"{worker.Name} of a worker", Belief.StartCommand);
        }
        else if (start is not null)
        {
            service.StartText = start;
            service.StartCommand = startName == "start" ? $"{manager} start" : $"{run} {startName}";
            service.Because(manifest, manifest.LineOf($"\"{startName}\""), $"script {startName}: {start}", Belief.StartCommand);
        }
        else if (entry is not null)
        {
            service.StartCommand = $"{(entry.Extension is ".ts" ? "npx tsx" : "node")} {Paths.Inside(folder.Path, entry.Path)}";
            service.Because(entry, null, $"entry file {entry.Name}", Belief.Manifest);
        }
        else if (service.Framework is "next") (service.StartCommand, service.BuildCommand) = ("npx next start", service.BuildCommand ?? "npx next build");
        else if (service.Framework is "nuxt") service.StartCommand = "node .output/server/index.mjs";
        else if (service.Framework is "sveltekit") service.StartCommand = "node build";

        service.IsLibrary = developed is not null ? folder.Depth > 0 && IsTried(folder, package) : !isWorker && IsLibrary(folder, package, service, entry, start);
        NodeWorkspace.Collect(service);
        if (RunsOnBun(folder, manager, entry)) service.Type = ServiceType.Bun;
        return service;
    }

    /// <summary>A script that only calls another is that script: <c>npm run dev</c>.</summary>
    static string? Followed(Dictionary<string, string> scripts, string? script)
    {
        for (var i = 0; i < 4 && script is not null && CodePatterns.CallsScript().Match(script) is { Success: true } call && scripts.TryGetValue(call.Groups["name"].Value, out var called); i++) script = called;
        return script;
    }

    /// <summary>Folder of static files when a browser runs the program and Node only builds it.</summary>
    static string? StaticOutput(Candidate service, Framework? framework, JsonElement package, string? start, string? build)
    {
        var folder = service.Folder;
        if (framework is { Name: "next" } && folder.First("next.config.js", "next.config.mjs", "next.config.ts") is { } next && next.Text is { } config && CodePatterns.NextExport().IsMatch(config)) return "out";
        if (framework is { Name: "react-router" } && folder.First("react-router.config.ts", "react-router.config.js") is { } router && router.Text is { } routes && CodePatterns.SsrOff().IsMatch(routes)) return "build/client";
        if (framework?.Output is not { } output || build is null && !(framework.Name is "gatsby" || framework.Name is "vite" && folder.Has("index.html"))) return null;
        if (start is not null && !framework.DevelopmentServers!.Any(server => start.Equals(server, StringComparison.Ordinal) || start.StartsWith(server + " ", StringComparison.Ordinal) || start.EndsWith(" " + server, StringComparison.Ordinal) || start.Contains($" {server} ", StringComparison.Ordinal))) return null;
        if (framework.Name == "astro" && folder.First("astro.config.mjs", "astro.config.ts", "astro.config.js")?.Text is { } astro && CodePatterns.AstroServer().IsMatch(astro)) return null;
        if (framework.Name == "angular") return AngularOutput(folder) ?? output;
        if (framework.Name == "vite" && folder.First("vite.config.ts", "vite.config.js", "vite.config.mjs")?.Text is { } vite && CodePatterns.OutDir().Match(vite) is { Success: true } own) return own.Groups[1].Value;
        return output;
    }

    static string? AngularOutput(Folder folder) => folder.Index.Json(folder.File("angular.json")) is { } angular
        ? angular.At("projects").Members().Select(project => project.Value.At("architect", "build", "options", "outputPath")?.ToString()).FirstOrDefault(path => path is { Length: > 0 })
        : null;

    static SnapshotFile? Entry(Folder folder, JsonElement package)
    {
        if ((package.Text("main") ?? package.Text("module")) is { } main && Paths.Resolve(folder.Path, main) is { } path && Paths.IsIn(path, folder.Path))
        {
            if (folder.Index.File(path) is { } file) return file;
            if (folder.Index.File(path + ".js") is { } withExtension) return withExtension;
        }
        return folder.First(EntryFiles);
    }

    /// <summary>A package that others take (it says what it exports) and whose file somebody only runs to try it.</summary>
    static bool IsTried(Folder folder, JsonElement package) =>
        (package.At("exports") is not null || package.At("types") is not null || package.At("files") is not null || package.At("bin") is not null) && !folder.Below.Any(file => file.Listens());

    static bool IsLibrary(Folder folder, JsonElement package, Candidate service, SnapshotFile? entry, string? start)
    {
        if (start is not null && DelegatesToMember(folder, package, service, entry, start)) return true;
        if (start is not null || service.OutputPath is not null) return false;
        if (OnlyRunsOthers(folder, package, service, entry)) return true;
        var isWorkspace = package.At("workspaces") is not null || folder.Has("pnpm-workspace.yaml");
        if (folder.Depth == 0 && isWorkspace && entry?.Folder == ".") return false;
        // The root of an Nx workspace holds the packages of its applications and is none itself.
        if (folder.Has("nx.json") && entry is null && folder.Index.Folders.Any(member => member.Depth > 0 && member.File("project.json").Mentions("\"application\""))) return true;
        if (folder.Depth == 0 && !isWorkspace) return service.StartCommand is null && service.BuildCommand is null && service.Libraries.Count == 0;
        if (service.Framework is "next" or "nuxt" or "remix" or "sveltekit" or "strapi") return false;
        return entry is null || !(entry.Mentions(".listen(") || entry.Mentions("serve(") || entry.Mentions("process.env"));
    }

    /// <summary>The start script of a root that only starts the packages below it: those are the services. Without a workspace it must also bring nothing of its own to run.</summary>
    static bool DelegatesToMember(Folder folder, JsonElement package, Candidate service, SnapshotFile? entry, string start)
    {
        var isWorkspace = package.At("workspaces") is not null || folder.Has("pnpm-workspace.yaml") || folder.Has("lerna.json") || folder.Has("nx.json") && !folder.Has("project.json");
        if (!isWorkspace && !OnlyRunsOthers(folder, package, service, entry)) return false;
        if (CodePatterns.StartsMembers().IsMatch(start)) return isWorkspace || CodePatterns.GoesToMember().IsMatch(ScriptsOf(package));
        return Members(folder).Any(member => start.Contains(Paths.Inside(folder.Path, member.Path), StringComparison.Ordinal));
    }

    static readonly HashSet<string> Runners = new(StringComparer.Ordinal)
        { "concurrently", "npm-run-all", "npm-run-all2", "cross-env", "wait-on", "dotenv-cli", "pm2", "foreman", "kill-port", "rimraf", "turbo", "nx", "lerna", "husky", "prettier", "typescript", "eslint", "lint-staged" };

    /// <summary>A package.json whose scripts go to the packages below it, without an entry file, a framework or a library of its own.</summary>
    static bool OnlyRunsOthers(Folder folder, JsonElement package, Candidate service, SnapshotFile? entry) =>
        entry is null && service.Framework is null && service.Libraries.TrueForAll(library => library.Ecosystem == "npm-dev" || Runners.Contains(library.Name)) &&
        CodePatterns.GoesToMember().IsMatch(ScriptsOf(package)) && Members(folder).Any();

    static IEnumerable<Folder> Members(Folder folder) => folder.Index.FoldersBelow(folder.Path).Where(member => member.Has("package.json"));

    static string ScriptsOf(JsonElement package) => string.Join('\n', package.At("scripts").Members().Where(script => script.Value.ValueKind == JsonValueKind.String).Select(script => script.Value.GetString()));

    /// <summary>Node.js with bun as its package manager is still Node.js; Bun's own interfaces run nowhere else.</summary>
    static bool RunsOnBun(Folder folder, string manager, SnapshotFile? entry) =>
        manager == "bun" && (entry.Mentions("Bun.serve(") || entry.Mentions("from \"bun\"") || entry.Mentions("from \"elysia\"") || folder.Has("bunfig.toml") && entry.Mentions("Bun."));

    /// <summary>The package manager that a package, or else a lock file in its folder or above it, names.</summary>
    public static string PackageManager(Folder folder, JsonElement package)
    {
        if (package.Text("packageManager") is { } stated) return stated.Split('@')[0] is { Length: > 0 } name ? name : "npm";
        for (var at = folder.Path; ; at = Paths.Parent(at))
        {
            var index = folder.Index;
            bool Has(string name) => index.File(Paths.Join(at, name)) is not null;
            if (Has("pnpm-lock.yaml")) return "pnpm";
            if (Has("bun.lock") || Has("bun.lockb")) return "bun";
            if (Has(".yarnrc.yml") || Has("yarn.lock")) return "yarn";
            if (Has("package-lock.json")) return "npm";
            if (at == ".") break;
        }
        foreach (var name in (string[])["pnpm", "bun", "yarn"])
        {
            if (package.At("engines", name) is not null) return name;
        }
        return "npm";
    }

    static string Install(Folder folder, string manager) => manager switch
    {
        "npm" => folder.Has("package-lock.json") ? "npm ci" : "npm install",
        "pnpm" => folder.Has("pnpm-lock.yaml") ? "pnpm install --frozen-lockfile" : "pnpm install",
        "yarn" => folder.Has("yarn.lock") && !folder.Has(".yarnrc.yml") ? "yarn install --frozen-lockfile" : "yarn install",
        _ => $"{manager} install",
    };

    static string? Version(Folder folder, JsonElement package) =>
        Pinned(folder) ?? ToolVersions.Of(folder, "node", "nodejs") ?? package.Text("engines", "node") ?? package.Text("volta", "node");

    /// <summary>The version file of the folder, or of the workspace above it.</summary>
    static string? Pinned(Folder folder)
    {
        for (var at = folder.Path; ; at = Paths.Parent(at))
        {
            if (new Folder(folder.Index, at).First(".nvmrc", ".node-version").FirstWord() is { } version) return version;
            if (at == ".") return null;
        }
    }
}
