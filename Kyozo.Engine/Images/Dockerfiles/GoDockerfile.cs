namespace Kyozo.Engine.Images.Dockerfiles;

/// <summary>Go: one static program on a bare Debian, started in the folder of its module.</summary>
static class GoDockerfile
{
    const string Program = "app";

    public static GeneratedDockerfile Write(DockerfileInput input)
    {
        var module = ModuleOf(input);
        var text = new DockerfileText("a Go service", input.IsPart)
            .Line($"FROM {input.Base("go")} AS build")
            .Line($"WORKDIR {Below("/src", module)}");
        // Without go.sum there is nothing to download.
        if (input.HasInContext(Below("", module, "go.sum")))
        {
            text.Certificates(input, "SSL_CERT_FILE")
                .Line($"COPY {Below("app", module, "go.mod")} {Below("app", module, "go.sum")} ./")
                .Download("go mod download");
        }

        return text.Line("COPY app/ /src/")
            .Line("ARG CGO_ENABLED=0")
            .Line("ARG GOFLAGS=-trimpath")
            .Line($"RUN {input.Config.BuildCommand ?? $"go build -o {Program} {MainPackage(input, module)}"}")
            .Stage()
            .Line($"FROM {input.Base("debian")}")
            .LineIf(input.Port is not null, $"ENV PORT={input.Port}")
            .Line("COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt")
            .Line("COPY --from=build --chown=1000:1000 /src /app")
            .Line($"WORKDIR {Below("/app", module)}")
            .Line("USER 1000:1000")
            .LineIf(input.Port is not null, $"EXPOSE {input.Port}")
            .Line(StartLine.From(input.Config.StartCommand ?? $"./{Program}"))
            .End();
    }

    /// <summary>The folder of the module that the service belongs to, in the build context: its own or one above it.</summary>
    static string ModuleOf(DockerfileInput input)
    {
        for (var folder = input.Folder; folder.Length > 0; folder = folder.Contains('/') ? folder[..folder.LastIndexOf('/')] : "")
            if (input.HasInContext($"{folder}/go.mod")) return folder;
        return input.HasInContext("go.mod") ? "" : input.Folder;
    }

    static string Below(params string[] parts) => string.Join('/', parts.Where(part => part.Length > 0));

    static string MainPackage(DockerfileInput input, string module)
    {
        if (module != input.Folder) return "./" + input.Folder[(module.Length == 0 ? 0 : module.Length + 1)..];
        if (input.Files.Any(file => !file.Contains('/') && file.EndsWith(".go", StringComparison.Ordinal) && !file.EndsWith("_test.go", StringComparison.Ordinal))) return ".";
        return input.Files.FirstOrDefault(file => file.EndsWith("/main.go", StringComparison.Ordinal)) is { } main
            ? "./" + Path.GetDirectoryName(main)
            : throw new DockerfileNotMadeException("There is no main package.");
    }
}
