namespace Kyozo.Engine.Images.Dockerfiles;

/// <summary>A shell script on a bare Debian.</summary>
static class ShellDockerfile
{
    public static GeneratedDockerfile Write(DockerfileInput input)
    {
        var script = new[] { "start.sh", "run.sh", "main.sh" }.FirstOrDefault(input.Has);
        var start = input.Config.StartCommand ?? (script is null ? throw new DockerfileNotMadeException("There is no start.sh.") : $"sh {script}");
        return new DockerfileText("a shell script")
            .Line($"FROM {input.Base("debian")}")
            .Line($"ENV HOME=/tmp{(input.Port is { } port ? $" PORT={port}" : "")}")
            .Line("COPY --chown=1000:1000 app/ /app/")
            .Line("WORKDIR /app")
            .Line("USER 1000:1000")
            .LineIf(input.Port is not null, $"EXPOSE {input.Port}")
            .Line(StartLine.From(start))
            .End();
    }
}
