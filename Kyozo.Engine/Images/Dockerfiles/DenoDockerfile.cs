namespace Kyozo.Engine.Images.Dockerfiles;

/// <summary>Deno: its cache is filled during the build, so that the service starts without a network.</summary>
static class DenoDockerfile
{
    public static GeneratedDockerfile Write(DockerfileInput input)
    {
        var main = new[] { "main.ts", "main.js", "server.ts", "index.ts", "mod.ts" }.FirstOrDefault(input.Has)
            ?? throw new DockerfileNotMadeException("How to start it is not known: call the first file main.ts.");
        return new DockerfileText("a Deno service")
            .Line($"FROM {input.Base("deno")} AS build")
            .Line("ENV DENO_DIR=/deno")
            .Line("WORKDIR /app")
            .Certificates(input, "DENO_CERT")
            .Line("COPY app/ ./")
            .Download($"deno cache {main}")
            .Stage()
            .Line($"FROM {input.Base("deno")}")
            .Line($"ENV DENO_DIR=/deno HOME=/tmp{(input.Port is { } port ? $" PORT={port}" : "")}")
            .Line("COPY --from=build --chown=1000:1000 /deno /deno")
            .Line("COPY --chown=1000:1000 app/ /app/")
            .Line("WORKDIR /app")
            .Line("USER 1000:1000")
            .LineIf(input.Port is not null, $"EXPOSE {input.Port}")
            .Line(StartLine.From(input.Config.StartCommand ?? $"deno run --allow-net --allow-env --allow-read --cached-only {main}"))
            .End();
    }
}
