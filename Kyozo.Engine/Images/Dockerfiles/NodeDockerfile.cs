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

        text.LineIf(!input.IsPart || !package.HasDependencies, "COPY app/ ./");
        foreach (var folder in WorkspacePackages.ToBuild(input)) text.Line($"RUN cd \"/app/{folder}\" && {manager.Run} build");
        text.LineIf(input.IsPart, $"WORKDIR {input.In("/app")}");
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
            return new("npm install --global pnpm@9", $"pnpm install{frozen}", $"pnpm install --prod{frozen}", "pnpm prune --prod", "pnpm run", ["pnpm-lock.yaml", "pnpm-workspace.yaml", ".npmrc"]);
        }

        if (Has(".yarnrc.yml"))
            return new("npm install --global corepack && corepack enable", "yarn install --immutable", "yarn install --immutable", null, "yarn run", ["yarn.lock", ".yarnrc.yml"]);
        if (Has("yarn.lock") || input.Config.PackageManager == "yarn")
        {
            var frozen = Has("yarn.lock") && !input.IsPart ? " --frozen-lockfile" : "";
            return new("npm install --global yarn@1.22.22", $"yarn install{frozen}", $"yarn install --production{frozen}", $"yarn install --production{frozen}", "yarn run", ["yarn.lock", ".npmrc"]);
        }

        // Parts of the workspace that this service does not need are not there, and a clean install would miss them.
        var install = !input.IsPart && input.Has("package-lock.json") || input.Has("npm-shrinkwrap.json") ? "npm ci" : "npm install";
        return new(null, $"{install} --no-audit --no-fund", $"{install} --omit=dev --no-audit --no-fund", "npm prune --omit=dev --no-audit --no-fund", "npm run", ["package-lock.json", "npm-shrinkwrap.json", ".npmrc"]);
    }

    sealed record Manager(string? Prepare, string InstallAll, string InstallProduction, string? Prune, string Run, string[] Files);
}
