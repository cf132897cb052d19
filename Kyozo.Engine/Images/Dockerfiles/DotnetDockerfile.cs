using System.Text.RegularExpressions;

namespace Kyozo.Engine.Images.Dockerfiles;

/// <summary>.NET: published in the SDK's image, run in the ASP.NET one (workers run there as well).</summary>
static partial class DotnetDockerfile
{
    const int DefaultPort = 8080;

    static readonly string[] Shared = ["Directory.Build.props", "Directory.Packages.props", "global.json", "nuget.config", "NuGet.config", "NuGet.Config"];

    public static GeneratedDockerfile Write(DockerfileInput input)
    {
        var project = input.Files.Where(file => !file.Contains('/')).FirstOrDefault(IsProject) ?? input.Files.FirstOrDefault(IsProject)
            ?? throw new DockerfileNotMadeException("There is no project file (*.csproj, *.fsproj, *.vbproj).");
        var text = new DockerfileText("a .NET service", input.IsPart)
            .Line($"FROM {input.Base("dotnet-sdk")} AS build")
            .Line("WORKDIR /src")
            .Certificates(input, "SSL_CERT_FILE")
            .Line("ARG DOTNET_CLI_TELEMETRY_OPTOUT=1")
            .LineIf(input.HasCertificates, "ARG NUGET_CERT_REVOCATION_MODE=offline");
        if (!input.IsPart && !project.Contains('/')) text.CopyFiles(input, [project, .. Shared]).Download($"dotnet restore {project}");
        return text.Line("COPY app/ ./")
            .Download($"dotnet publish {(input.IsPart ? $"{input.Folder}/" : "")}{project} --configuration Release --output /out -nologo")
            .Stage()
            .Line($"FROM {input.Base("dotnet")}")
            // A program made for an older .NET runs on the newest.
            .Line($"ENV DOTNET_EnableDiagnostics=0 DOTNET_ROLL_FORWARD=Major HOME=/tmp{(input.Port is { } port ? $" PORT={port}" : "")} ASPNETCORE_HTTP_PORTS={input.Port ?? DefaultPort}")
            .Line("COPY --from=build --chown=1000:1000 /out /app")
            .Line("WORKDIR /app")
            .Line("USER 1000:1000")
            .LineIf(input.Port is not null, $"EXPOSE {input.Port}")
            .Line(StartLine.From(["dotnet", AssemblyOf(project, input.Read(project)) + ".dll"]))
            .End();
    }

    static bool IsProject(string file) => Path.GetExtension(file) is ".csproj" or ".fsproj" or ".vbproj";

    static string AssemblyOf(string project, string? text) =>
        AssemblyName().Match(text ?? "") is { Success: true } named ? named.Groups["name"].Value : Path.GetFileNameWithoutExtension(project);

    [GeneratedRegex(@"<AssemblyName>\s*(?<name>[\w.-]+)\s*</AssemblyName>")]
    private static partial Regex AssemblyName();
}
