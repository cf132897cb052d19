namespace Kyozo.Engine.Images.Dockerfiles;

/// <summary>Go: one static program on a bare Debian.</summary>
static class GoDockerfile
{
    public static GeneratedDockerfile Write(DockerfileInput input)
    {
        var text = new DockerfileText("a Go service")
            .Line($"FROM {input.Base("go")} AS build")
            .Line("WORKDIR /src");
        // Without go.sum there is nothing to download.
        if (input.Has("go.sum"))
        {
            text.Certificates(input, "SSL_CERT_FILE")
                .CopyFiles(input, "go.mod", "go.sum")
                .Download("go mod download");
        }

        return text.Line("COPY app/ ./")
            .Line("ARG CGO_ENABLED=0")
            .Line($"RUN {input.Config.BuildCommand ?? $"go build -trimpath -o /out/service {MainPackage(input)}"}")
            .Stage()
            .Line($"FROM {input.Base("debian")}")
            .LineIf(input.Port is not null, $"ENV PORT={input.Port}")
            .Line("COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt")
            .Line("COPY --chown=1000:1000 app/ /app/")
            .Line("WORKDIR /app")
            .Line("COPY --from=build /out/service /usr/local/bin/service")
            .Line("USER 1000:1000")
            .LineIf(input.Port is not null, $"EXPOSE {input.Port}")
            .Line(StartLine.From(["service"]))
            .End();
    }

    static string MainPackage(DockerfileInput input)
    {
        if (input.Files.Any(file => !file.Contains('/') && file.EndsWith(".go", StringComparison.Ordinal) && !file.EndsWith("_test.go", StringComparison.Ordinal))) return ".";
        return input.Files.FirstOrDefault(file => file.EndsWith("/main.go", StringComparison.Ordinal)) is { } main
            ? "./" + Path.GetDirectoryName(main)
            : throw new DockerfileNotMadeException("There is no main package.");
    }
}
