using System.Text.RegularExpressions;

namespace Kyozo.Engine.Images.Dockerfiles;

/// <summary>Rust: the release program on a bare Debian.</summary>
static partial class RustDockerfile
{
    public static GeneratedDockerfile Write(DockerfileInput input)
    {
        var manifest = input.Read("Cargo.toml") ?? "";
        var program = new[] { DefaultRun(), Binary(), PackageName() }.Select(named => named.Match(manifest)).FirstOrDefault(match => match.Success)?.Groups["name"].Value
            ?? throw new DockerfileNotMadeException("Cargo.toml names no package.");
        return new DockerfileText("a Rust service")
            .Line($"FROM {input.Base("rust")} AS build")
            .Line("WORKDIR /src")
            .Certificates(input, "CARGO_HTTP_CAINFO", "SSL_CERT_FILE")
            .Line("COPY app/ ./")
            .Download($"cargo install --path . --root /out{(input.Has("Cargo.lock") ? " --locked" : "")}")
            .Stage()
            .Line($"FROM {input.Base("debian")}")
            .LineIf(input.Port is not null, $"ENV PORT={input.Port}")
            .Line("COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt")
            .Line("WORKDIR /app")
            .Line($"COPY --from=build /out/bin/{program} /usr/local/bin/service")
            .Line("USER 1000:1000")
            .LineIf(input.Port is not null, $"EXPOSE {input.Port}")
            .Line(StartLine.From(["service"]))
            .End();
    }

    [GeneratedRegex(@"^default-run\s*=\s*""(?<name>[\w-]+)""", RegexOptions.Multiline)]
    private static partial Regex DefaultRun();

    [GeneratedRegex(@"^\[\[bin\]\][^\[]*?^\s*name\s*=\s*""(?<name>[\w-]+)""", RegexOptions.Multiline)]
    private static partial Regex Binary();

    [GeneratedRegex(@"\[package\][^\[]*?^\s*name\s*=\s*""(?<name>[\w-]+)""", RegexOptions.Multiline)]
    private static partial Regex PackageName();
}
