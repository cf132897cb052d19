using System.Security.Cryptography;
using System.Text;
using Kyozo.Data;
using Kyozo.Engine.Containers;
using Kyozo.Engine.Folders;

namespace Kyozo.Engine.Images;

/// <summary>A build that only needs to be sent.</summary>
sealed record PreparedBuild(
    BuildContext Context, string Hash, string Tag, string Dockerfile, bool NeedsNetwork, HostTrust Trust, IReadOnlyDictionary<string, int> LeftOut) : IAsyncDisposable
{
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>For the build's log.</summary>
    public IEnumerable<string> Notes => [.. Warnings, $"building {Tag} from {Context.Files} files ({Size(Context.Bytes)})", .. LeftOut.Select(reason => $"left out: {reason.Value} × {reason.Key}")];

    public ValueTask DisposeAsync() => Context.DisposeAsync();

    static string Size(long bytes) => bytes < 1L << 20 ? $"{bytes / 1024.0:0.#} KiB" : $"{bytes / 1048576.0:0.#} MiB";
}

/// <summary>Everything before the engine: finds the Dockerfile or makes it, judges it, packs the context, computes the hash.</summary>
sealed class BuildPreparation(IContainerRuntime runtime, KyozoHome home, BuildOptions options, ImageOptions images)
{
    /// <summary>Raised when the same folder must give another image than before.</summary>
    const string Recipe = "kyozo-build-1";

    const string DockerfilePath = GeneratedDockerfile.AddedFolder + "Dockerfile";

    public string Preview(BuildRequest request, CancellationToken cancellationToken)
    {
        if (request.Config.Dockerfile is { Length: > 0 } own) return ReadOwn(request.WorkspaceRoot, own);
        var scope = ScopeOf(request);
        return DockerfileWriter.Write(Input(request, scope, List(request, scope, cancellationToken), HostTrust.Find(options), name => BaseImages.Get(name).Registry)).Text;
    }

    /// <summary>The build of a service with a folder; <paramref name="baseReference"/> gives the reference of a base image by its name.</summary>
    public Task<PreparedBuild> PrepareAsync(BuildRequest request, Func<string, CancellationToken, Task<string>> baseReference, CancellationToken cancellationToken)
        => request.Config.Dockerfile is { Length: > 0 } dockerfile
            ? PrepareOwnAsync(request, FolderWithin(request.WorkspaceRoot, request.FolderPath), dockerfile, cancellationToken)
            : PrepareGeneratedAsync(request, baseReference, cancellationToken);

    async Task<PreparedBuild> PrepareOwnAsync(BuildRequest request, string folder, string dockerfile, CancellationToken cancellationToken)
    {
        var text = ReadOwn(request.WorkspaceRoot, dockerfile);
        var verdict = new DockerfilePolicy($"kyozo/{request.WorkspaceSlug}-", images.AllowedBases).Judge(text);
        if (verdict.Violations.Count > 0) throw new DockerfilePolicyException(dockerfile, verdict.Violations);

        // The text that was judged is the text that is built, whatever happens to the file meanwhile.
        var listed = List(folder, Path.Combine(request.WorkspaceRoot, dockerfile), ContextScope.Whole, cancellationToken);
        var path = Path.GetRelativePath(folder, FileWithin(request.WorkspaceRoot, dockerfile)).Replace(Path.DirectorySeparatorChar, '/');
        if (path.StartsWith("../", StringComparison.Ordinal)) path = DockerfilePath;
        // The host's certificates come along for a Dockerfile that asks for them; any other would only copy them into its image.
        var trust = HostTrust.Find(options);
        var certificates = text.Contains(GeneratedDockerfile.Certificates, StringComparison.Ordinal) ? Certificates(trust) : [];
        var context = await PackAsync(listed, "", [TextFile(path, text), .. certificates], cancellationToken);
        return Prepared(request, listed, context, path, [], verdict.RunsCommands, trust) with
        {
            Warnings = [.. verdict.Warnings.Select(warning => $"warning: {dockerfile} line {warning.Line}: {warning.Message}")],
        };
    }

    async Task<PreparedBuild> PrepareGeneratedAsync(
        BuildRequest request, Func<string, CancellationToken, Task<string>> baseReference, CancellationToken cancellationToken)
    {
        var scope = ScopeOf(request);
        var listed = List(request, scope, cancellationToken);
        var trust = HostTrust.Find(options);
        // Written twice: once to learn which bases it takes, once with the references they have on this machine.
        var references = new SortedDictionary<string, string>(StringComparer.Ordinal);
        DockerfileWriter.Write(Input(request, scope, listed, trust, name => references[name] = name));
        var baseIds = new List<string>();
        foreach (var name in references.Keys.ToArray())
        {
            references[name] = await baseReference(name, cancellationToken);
            baseIds.Add((await runtime.FindImageAsync(references[name], cancellationToken))?.Id ?? references[name]);
        }

        var generated = DockerfileWriter.Write(Input(request, scope, listed, trust, name => references[name]));
        AddedFile[] added = [TextFile(DockerfilePath, generated.Text), .. generated.Files, .. Certificates(trust)];
        var context = await PackAsync(listed, GeneratedDockerfile.ServiceFolder, added, cancellationToken);
        return Prepared(request, listed, context, DockerfilePath, baseIds, generated.NeedsNetwork, trust) with
        {
            Warnings = ["Dockerfile made for this service:", .. generated.Text.TrimEnd().Split('\n').Select(line => $"    {line}")],
        };
    }

    Task<BuildContext> PackAsync(ContextFolder folder, string prefix, IReadOnlyCollection<AddedFile> added, CancellationToken cancellationToken) =>
        BuildContext.PackAsync(folder, prefix, added, Path.Combine(home.Cache, "contexts"), options, cancellationToken);

    static PreparedBuild Prepared(
        BuildRequest request, ContextFolder folder, BuildContext context, string dockerfile, IEnumerable<string> baseIds, bool needsNetwork, HostTrust trust)
    {
        var hash = Hash([Recipe, context.Hash, .. baseIds]);
        return new(context, hash, $"kyozo/{request.WorkspaceSlug}-{request.ServiceName}:{hash[..12]}", dockerfile, needsNetwork, trust, folder.LeftOut);
    }

    static AddedFile TextFile(string path, string text) => new(path, Encoding.UTF8.GetBytes(text));

    static IEnumerable<AddedFile> Certificates(HostTrust trust) =>
        trust.CertificatesFile is { } file ? [new(GeneratedDockerfile.Certificates, File.ReadAllBytes(file), IsInput: false)] : [];

    DockerfileInput Input(BuildRequest request, ContextScope scope, ContextFolder context, HostTrust trust, Func<string, string> baseReference) => new()
    {
        Type = request.ServiceType,
        Config = request.Config,
        Port = request.Port,
        Folder = scope.Service,
        HasInContext = context.Has,
        ReadInContext = context.Read,
        FilesInContext = context.Files,
        Base = baseReference,
        HasCertificates = trust.CertificatesFile is not null,
        NpmRegistry = options.NpmRegistry is { Length: > 0 } registry ? registry : null,
    };

    static ContextScope ScopeOf(BuildRequest request) =>
        ContextScope.Of(request.FolderPath, DockerfileWriter.TakesSharedFolders(request.ServiceType) ? request.Config.SharedFolders : []);

    ContextFolder List(BuildRequest request, ContextScope scope, CancellationToken cancellationToken) =>
        List(FolderWithin(request.WorkspaceRoot, scope.Root), dockerfile: null, scope, cancellationToken);

    /// <summary>With the ignore file that belongs to the Dockerfile, else the folder's.</summary>
    ContextFolder List(string folder, string? dockerfile, ContextScope scope, CancellationToken cancellationToken)
    {
        var ignore = dockerfile is not null && File.Exists(dockerfile + ".dockerignore") ? dockerfile + ".dockerignore" : Path.Combine(folder, ".dockerignore");
        return ContextFolder.List(folder, ReadRegular(ignore) is { } text ? DockerIgnore.Parse(text) : DockerIgnore.None, scope, options, cancellationToken);
    }

    static string ReadOwn(string workspaceRoot, string dockerfile)
    {
        var path = FileWithin(workspaceRoot, dockerfile);
        return ReadRegular(path) ?? throw new BuildContextException($"There is no Dockerfile {dockerfile} in the workspace.");
    }

    /// <summary>Text of a regular file of sane size, or null.</summary>
    static string? ReadRegular(string path)
    {
        if (!File.Exists(path)) return null;
        var (handle, _) = RegularFile.Open(path);
        if (handle is null) return null;
        using var stream = new FileStream(handle, FileAccess.Read, bufferSize: 0);
        if (stream.Length > 1L << 20) throw new BuildContextException($"{path} is larger than 1 MiB.");
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }

    static string FolderWithin(string workspaceRoot, string folderPath) => FileWithin(workspaceRoot, folderPath.TrimStart('/'));

    /// <summary>Compared after every link is resolved, segment by segment (SAFETY ).</summary>
    static string FileWithin(string workspaceRoot, string relative)
    {
        var root = RealPath.Of(workspaceRoot);
        var path = relative.Contains('\0') ? throw new BuildContextException("A path holds a NUL.") : RealPath.Of(Path.Combine(root, relative));
        return RealPath.IsWithin(path, root) ? path : throw new BuildContextException($"{relative} leads out of the workspace.");
    }

    public static string Hash(params IEnumerable<string> parts) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', parts))));
}
