namespace Kyozo.Engine.Images.Dockerfiles;

/// <summary>Python: packages in a virtual environment that a first stage fills.</summary>
static class PythonDockerfile
{
    public static GeneratedDockerfile Write(DockerfileInput input)
    {
        var text = new DockerfileText("a Python service", input.IsPart);
        var install = Install(input);
        if (install is not null)
        {
            text.Line($"FROM {input.Base("python")} AS build")
                .Line("WORKDIR /app")
                .Certificates(input, "PIP_CERT", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")
                .Line("RUN python -m venv /venv")
                .Line("ENV PATH=/venv/bin:$PATH VIRTUAL_ENV=/venv PIP_DISABLE_PIP_VERSION_CHECK=1")
                .CopyFiles(input, install.NeedsSource ? [] : install.Files)
                .LineIf(install.NeedsSource, "COPY app/ ./")
                .LineIf(install.NeedsSource && input.IsPart, $"WORKDIR {input.In("/app")}")
                .Download(install.Command)
                .Stage();
        }

        text.Line($"FROM {input.Base("python")}")
            .Line($"ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HOME=/tmp{(input.Port is { } port ? $" PORT={port}" : "")}");
        if (install is not null) text.Line("COPY --from=build /venv /venv").Line("ENV PATH=/venv/bin:$PATH");
        return text.Line("COPY --chown=1000:1000 app/ /app/")
            .Line($"WORKDIR {input.In("/app")}")
            .LineIf(input.Config.BuildCommand is not null, $"RUN {input.Config.BuildCommand}")
            .Line("USER 1000:1000")
            .LineIf(input.Port is not null, $"EXPOSE {input.Port}")
            .Line(StartLine.From(Start(input)))
            .End();
    }

    static Installation? Install(DockerfileInput input)
    {
        if (input.Has("requirements.txt"))
        {
            // A file of comments installs nothing and needs no network.
            var wanted = input.Read("requirements.txt")?.Split('\n').Any(line => line.Trim() is { Length: > 0 } text && !text.StartsWith('#')) ?? true;
            return wanted ? new("pip install --no-cache-dir -r requirements.txt", ["requirements.txt"], NeedsSource(input.Read("requirements.txt"))) : null;
        }

        if (input.Has("uv.lock")) return new("pip install --no-cache-dir uv && uv sync --active --frozen --no-dev --no-install-project", ["pyproject.toml", "uv.lock"], false);
        if (input.Has("poetry.lock")) return new("pip install --no-cache-dir poetry && poetry install --only main --no-root", ["pyproject.toml", "poetry.lock"], false);
        if (input.Has("Pipfile")) return new("pip install --no-cache-dir pipenv && pipenv install --deploy", ["Pipfile", "Pipfile.lock"], false);
        if (input.Has("pyproject.toml")) return new("pip install --no-cache-dir .", ["pyproject.toml"], true);
        return input.Has("setup.py") ? new("pip install --no-cache-dir .", ["setup.py"], true) : null;
    }

    /// <summary>Other requirement files (<c>-r base.txt</c>) and packages beside it (<c>-e ../shared</c>).</summary>
    static bool NeedsSource(string? requirements) =>
        requirements is not null && (requirements.Contains("-r ", StringComparison.Ordinal) || requirements.Contains("./", StringComparison.Ordinal));

    static string Start(DockerfileInput input)
    {
        if (input.Config.StartCommand is { } command) return command.StartsWith("python3 ", StringComparison.Ordinal) ? "python " + command[8..] : command;
        var file = new[] { "main.py", "app.py", "server.py", "start.py", "run.py", "bot.py" }.FirstOrDefault(input.Has)
            ?? throw new DockerfileNotMadeException("How to start it is not known: name the start command, or call the first file main.py.");
        return $"python {file}";
    }

    sealed record Installation(string Command, string[] Files, bool NeedsSource);
}
