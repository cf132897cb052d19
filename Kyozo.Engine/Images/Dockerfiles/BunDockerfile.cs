namespace Kyozo.Engine.Images.Dockerfiles;

/// <summary>Bun.</summary>
static class BunDockerfile
{
    public static GeneratedDockerfile Write(DockerfileInput input)
    {
        var package = Package.Read(input);
        var text = new DockerfileText("a Bun service")
            .Line($"FROM {input.Base("bun")} AS build")
            .Line("WORKDIR /app");
        if (package.HasDependencies)
        {
            text.Certificates(input, "NODE_EXTRA_CA_CERTS")
                .LineIf(input.NpmRegistry is not null, $"ARG NPM_CONFIG_REGISTRY={input.NpmRegistry}")
                .CopyFiles(input, "package.json", "bun.lock", "bun.lockb", "bunfig.toml")
                .Download($"bun install{(input.Has("bun.lock") || input.Has("bun.lockb") ? " --frozen-lockfile" : "")}");
        }

        text.Line("COPY app/ ./").LineIf(input.Config.BuildCommand is not null, $"RUN {input.Config.BuildCommand}");
        if (input.Config is { BuildCommand: not null, OutputPath: { } output })
            return StaticDockerfile.Serve(input, text, $"COPY --from=build /app/{StaticDockerfile.Relative(output)}/ /srv/");

        return text.Stage()
            .Line($"FROM {input.Base("bun")}")
            .Line($"ENV NODE_ENV=production HOME=/tmp{(input.Port is { } port ? $" PORT={port}" : "")}")
            .Line("COPY --from=build --chown=1000:1000 /app /app")
            .Line("WORKDIR /app")
            .Line("USER 1000:1000")
            .LineIf(input.Port is not null, $"EXPOSE {input.Port}")
            .Line(StartLine.From(input.Config.StartCommand ?? (package.Scripts.ContainsKey("start") ? "bun run start" : $"bun {package.Main ?? "index.ts"}")))
            .End();
    }
}
