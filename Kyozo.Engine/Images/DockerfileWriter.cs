using System.Text;
using Kyozo.Data.ServiceInstances;
using Kyozo.Data.Topology;
using Kyozo.Engine.Images.Dockerfiles;

namespace Kyozo.Engine.Images;

/// <summary>What a Dockerfile is made from.</summary>
public sealed record DockerfileInput
{
    public required ServiceType Type { get; init; }

    public DeploymentConfig Config { get; init; } = new();

    /// <summary>Port the service listens on, or null.</summary>
    public int? Port { get; init; }

    /// <summary>The service's folder in the build context; empty when it is the context, another in a monorepo whose parts it needs.</summary>
    public string Folder { get; init; } = "";

    /// <summary>True when there is a file of that path in the build context.</summary>
    public required Func<string, bool> HasInContext { get; init; }

    /// <summary>Text of a file of the build context, or null.</summary>
    public required Func<string, string?> ReadInContext { get; init; }

    /// <summary>Every path of the build context, in ordinal order.</summary>
    public required IReadOnlyList<string> FilesInContext { get; init; }

    /// <summary>Reference of a base image by its name in the catalogue.</summary>
    public required Func<string, string> Base { get; init; }

    /// <summary>True when the host's certificate authorities come along for downloads.</summary>
    public bool HasCertificates { get; init; }

    /// <summary>True when the service needs more of its monorepo than its own folder.</summary>
    public bool IsPart => Folder.Length > 0;

    /// <summary>True when there is a file of that path (relative to the service's folder).</summary>
    public bool Has(string path) => HasInContext(InContext(path));

    /// <summary>Text of a file (relative to the service's folder), or null.</summary>
    public string? Read(string path) => ReadInContext(InContext(path));

    /// <summary>Every path in the service's folder, relative to it, in ordinal order.</summary>
    public IEnumerable<string> Files => IsPart
        ? FilesInContext.Where(file => file.StartsWith(Folder + "/", StringComparison.Ordinal)).Select(file => file[(Folder.Length + 1)..])
        : FilesInContext;

    /// <summary>The service's folder in an image whose <paramref name="root"/> holds the build context.</summary>
    public string In(string root) => IsPart ? $"{root}/{Folder}" : root;

    /// <summary>npm registry in place of the public one, or null.</summary>
    public string? NpmRegistry { get; init; }

    string InContext(string path) => IsPart ? $"{Folder}/{path}" : path;
}

/// <summary>A Dockerfile made by Kyozo.</summary>
/// <param name="Text">The classic builder's subset of the language.</param>
/// <param name="Files">Files it copies beside the service's own.</param>
/// <param name="NeedsNetwork">True when a step downloads packages.</param>
public sealed record GeneratedDockerfile(string Text, IReadOnlyList<AddedFile> Files, bool NeedsNetwork)
{
    /// <summary>Folder of the build context in which the service's files lie.</summary>
    public const string ServiceFolder = "app/";

    /// <summary>Folder of the build context with what Kyozo adds.</summary>
    public const string AddedFolder = ".kyozo/";

    /// <summary>The host's certificate authorities in the context.</summary>
    public const string Certificates = AddedFolder + "ca-certificates.crt";
}

/// <summary>No Dockerfile can be made for a service; the message says what is missing.</summary>
public sealed class DockerfileNotMadeException(string message) : Exception(message);

/// <summary>Makes Dockerfiles for folders without one: readable, cache-friendly, pinned bases, non-root. Pure; one class for each technology.</summary>
public static class DockerfileWriter
{
    /// <summary>True when a Dockerfile can be made for services of that type.</summary>
    public static bool Knows(ServiceType type) => type is ServiceType.Nodejs or ServiceType.Python or ServiceType.Dotnet or ServiceType.Fsharp or ServiceType.Vb
        or ServiceType.Go or ServiceType.Php or ServiceType.Ruby or ServiceType.Java or ServiceType.Kotlin or ServiceType.Static or ServiceType.Shell
        or ServiceType.Bun or ServiceType.Deno or ServiceType.Rust;

    /// <summary>True when services of that type are built within their monorepo where they need more of it than their own folder.</summary>
    public static bool TakesSharedFolders(ServiceType type) => type is ServiceType.Nodejs or ServiceType.Python or ServiceType.Go
        or ServiceType.Dotnet or ServiceType.Fsharp or ServiceType.Vb;

    /// <summary>The Dockerfile of a service.</summary>
    /// <exception cref="DockerfileNotMadeException">The type is not known, or the folder lacks what it needs.</exception>
    public static GeneratedDockerfile Write(DockerfileInput input)
    {
        foreach (var command in new[] { input.Config.InstallCommand, input.Config.BuildCommand, input.Config.StartCommand, input.Config.OutputPath }) RequireOneLine(command);
        return input.Type switch
        {
            ServiceType.Nodejs => NodeDockerfile.Write(input),
            ServiceType.Bun => BunDockerfile.Write(input),
            ServiceType.Deno => DenoDockerfile.Write(input),
            ServiceType.Python => PythonDockerfile.Write(input),
            ServiceType.Dotnet or ServiceType.Fsharp or ServiceType.Vb => DotnetDockerfile.Write(input),
            ServiceType.Go => GoDockerfile.Write(input),
            ServiceType.Rust => RustDockerfile.Write(input),
            ServiceType.Php => PhpDockerfile.Write(input),
            ServiceType.Ruby => RubyDockerfile.Write(input),
            ServiceType.Java or ServiceType.Kotlin => JavaDockerfile.Write(input),
            ServiceType.Static => StaticDockerfile.Write(input),
            ServiceType.Shell => ShellDockerfile.Write(input),
            var type => throw new DockerfileNotMadeException($"Kyozo makes no Dockerfile for {type.ToString().ToLowerInvariant()}: put one into the service's folder."),
        };
    }

    /// <summary>A command becomes one line of the file; a second would be an instruction of its own.</summary>
    static void RequireOneLine(string? command)
    {
        if (command is not null && command.Any(char.IsControl)) throw new DockerfileNotMadeException("A command holds a line break or another control character.");
    }
}

/// <summary>Lines of a Dockerfile.</summary>
sealed class DockerfileText
{
    readonly StringBuilder _text = new();

    public DockerfileText(string technology, bool isPart = false) =>
        _text.Append("# Made by Kyozo for ").Append(technology).Append(". In the build context ")
            .Append(isPart ? "app/ is what it needs of its monorepo" : "the service's folder is app/").Append(".\n");

    /// <summary>True once a step downloads.</summary>
    public bool NeedsNetwork { get; private set; }

    public DockerfileText Line(string line)
    {
        _text.Append(line).Append('\n');
        return this;
    }

    public DockerfileText LineIf(bool condition, string line) => condition ? Line(line) : this;

    public DockerfileText Stage() => Line("");

    /// <summary>A step that downloads packages.</summary>
    public DockerfileText Download(string command)
    {
        NeedsNetwork = true;
        return Line($"RUN {command}");
    }

    /// <summary>The host's certificate authorities for the steps that follow in this stage, under the names the tools ask for; no later stage has them.</summary>
    public DockerfileText Certificates(DockerfileInput input, params string[] variables)
    {
        if (!input.HasCertificates) return this;
        Line($"COPY {GeneratedDockerfile.Certificates} /kyozo/ca-certificates.crt");
        foreach (var variable in variables) Line($"ARG {variable}=/kyozo/ca-certificates.crt");
        return this;
    }

    public DockerfileText CopyFiles(DockerfileInput input, params string[] names)
    {
        var present = names.Where(input.Has).Select(name => $"{input.In("app")}/{name}").ToArray();
        return present.Length > 0 ? Line($"COPY {string.Join(' ', present)} ./") : this;
    }

    public GeneratedDockerfile End(params AddedFile[] files) => new(_text.ToString(), files, NeedsNetwork);
}
