using System.Text.RegularExpressions;

namespace Kyozo.Engine.Images.Dockerfiles;

/// <summary>Rust: the release program on a bare Debian.</summary>
static partial class RustDockerfile
{
    public static GeneratedDockerfile Write(DockerfileInput input)
    {
        var name = PackageName().Match(input.Read("Cargo.toml") ?? "") is { Success: true } match
            ? match.Groups["name"].Value
            : throw new DockerfileNotMadeException("Cargo.toml names no package.");
        return new DockerfileText("a Rust service")
            .Line($"FROM {input.Base("rust")} AS build")
            .Line("WORKDIR /src")
            .Certificates(input, "CARGO_HTTP_CAINFO", "SSL_CERT_FILE")
            .Line("COPY app/ ./")
            .Download($"cargo build --release{(input.Has("Cargo.lock") ? " --locked" : "")}")
            .Stage()
            .Line($"FROM {input.Base("debian")}")
            .LineIf(input.Port is not null, $"ENV PORT={input.Port}")
            .Line("COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt")
            .Line("WORKDIR /app")
            .Line($"COPY --from=build /src/target/release/{name} /usr/local/bin/service")
            .Line("USER 1000:1000")
            .LineIf(input.Port is not null, $"EXPOSE {input.Port}")
            .Line(StartLine.From(["service"]))
            .End();
    }

    [GeneratedRegex(@"\[package\][^\[]*?^\s*name\s*=\s*""(?<name>[\w-]+)""", RegexOptions.Multiline)]
    private static partial Regex PackageName();
}
