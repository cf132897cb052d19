using System.Security.Cryptography;
using System.Text;
using Kyozo.Data;
using Kyozo.Data.Topology;
using Kyozo.Engine.Containers;
using Kyozo.Engine.Folders;
using Microsoft.Extensions.Options;

namespace Kyozo.Engine.Images;

/// <summary>Brings a service's image about: from the catalogue, a registry, its own Dockerfile or a generated one. The same input gives the same image.</summary>
public sealed class ImageBuilder(
    IContainerRuntime runtime, BaseImageStore bases, BuildNetwork network, KyozoHome home,
    IOptions<BuildOptions> buildOptions, IOptions<ImageOptions> imageOptions)
{
    /// <summary>Raised when the same folder must give another image than before.</summary>
    const string Recipe = "kyozo-build-1";

    readonly BuildOptions options = buildOptions.Value;

    /// <summary>The image of a service; lines for people go to <paramref name="log"/>.</summary>
    /// <exception cref="ImageBuildException">A step failed.</exception>
    /// <exception cref="ImagePullException">Its image could not be pulled.</exception>
    /// <exception cref="DockerfilePolicyException">Its Dockerfile breaks the rules.</exception>
    /// <exception cref="DockerfileNotMadeException">It has no Dockerfile, and none can be made.</exception>
    /// <exception cref="BuildContextException">Its folder is not there, too large, or outside the workspace.</exception>
    /// <exception cref="BaseImageUnavailableException">A base image is not to be had.</exception>
    public async Task<BuiltImage> BuildAsync(BuildRequest request, Action<string> log, CancellationToken cancellationToken)
    {
        if (request.Config.Image is { Length: > 0 } named) return await ReadyAsync(named, log, cancellationToken);
        if (request.ServiceType.IsBacking())
        {
            var backing = BackingImages.Find(request.ServiceType)
                ?? throw new BaseImageUnavailableException(request.ServiceType.ToString(), $"Kyozo knows no image for {request.ServiceType.ToString().ToLowerInvariant()}: name one in the service's configuration.");
            return await ReadyAsync(await bases.EnsureAsync(backing.BaseImage, log, cancellationToken), log, cancellationToken);
        }

        var folder = FolderWithin(request.WorkspaceRoot, request.FolderPath);
        return request.Config.Dockerfile is { Length: > 0 } dockerfile
            ? await BuildOwnAsync(request, folder, dockerfile, log, cancellationToken)
            : await BuildGeneratedAsync(request, folder, log, cancellationToken);
    }

    /// <summary>The Dockerfile that a build of this request would use, to be shown before it: its own, or the generated one.</summary>
    public string PreviewDockerfile(BuildRequest request, CancellationToken cancellationToken)
    {
        var folder = FolderWithin(request.WorkspaceRoot, request.FolderPath);
        if (request.Config.Dockerfile is { Length: > 0 } own) return ReadOwn(request.WorkspaceRoot, own);
        var context = List(folder, dockerfile: null, cancellationToken);
        return DockerfileWriter.Write(Input(request, context, HostTrust.Find(options), name => BaseImages.Get(name).Registry)).Text;
    }

    async Task<BuiltImage> ReadyAsync(string image, Action<string> log, CancellationToken cancellationToken)
    {
        var found = await runtime.FindImageAsync(image, cancellationToken);
        if (found is not null) log($"{image} is there");
        else log($"pulling {image}");
        found ??= await runtime.PullImageAsync(image, log, cancellationToken);
        return new(found.Id, Hash(found.Id), Reused: true);
    }

    async Task<BuiltImage> BuildOwnAsync(BuildRequest request, string folder, string dockerfile, Action<string> log, CancellationToken cancellationToken)
    {
        var text = ReadOwn(request.WorkspaceRoot, dockerfile);
        var verdict = new DockerfilePolicy($"kyozo/{request.WorkspaceSlug}-", imageOptions.Value.AllowedBases).Judge(text);
        if (verdict.Violations.Count > 0) throw new DockerfilePolicyException(dockerfile, verdict.Violations);
        foreach (var warning in verdict.Warnings) log($"warning: {dockerfile} line {warning.Line}: {warning.Message}");

        // The text that was judged is the text that is built, whatever happens to the file meanwhile.
        var context = List(folder, Path.Combine(request.WorkspaceRoot, dockerfile), cancellationToken);
        var trust = HostTrust.Find(options);
        var path = Path.GetRelativePath(folder, FileWithin(request.WorkspaceRoot, dockerfile)).Replace(Path.DirectorySeparatorChar, '/');
        if (path.StartsWith("../", StringComparison.Ordinal)) path = DockerfilePath;
        // The host's certificates come along for a Dockerfile that asks for them; any other would only copy them into its image.
        var certificates = text.Contains(GeneratedDockerfile.Certificates, StringComparison.Ordinal) ? Certificates(trust) : [];
        return await BuildAsync(request, context, "", path, [TextFile(path, text), .. certificates], [], verdict.RunsCommands, trust, log, cancellationToken);
    }

    async Task<BuiltImage> BuildGeneratedAsync(BuildRequest request, string folder, Action<string> log, CancellationToken cancellationToken)
    {
        var context = List(folder, dockerfile: null, cancellationToken);
        var trust = HostTrust.Find(options);
        // Written twice: once to learn which bases it takes, once with the references they have on this machine.
        var references = new Dictionary<string, string>();
        DockerfileWriter.Write(Input(request, context, trust, name => references[name] = name));
        foreach (var name in references.Keys) references[name] = await bases.EnsureAsync(name, log, cancellationToken);
        var generated = DockerfileWriter.Write(Input(request, context, trust, name => references[name]));
        log("Dockerfile made for this service:");
        foreach (var line in generated.Text.TrimEnd().Split('\n')) log($"    {line}");

        AddedFile[] added = [TextFile(DockerfilePath, generated.Text), .. generated.Files, .. Certificates(trust)];
        var baseIds = new List<string>();
        foreach (var reference in references.Values.Order(StringComparer.Ordinal)) baseIds.Add((await runtime.FindImageAsync(reference, cancellationToken))?.Id ?? reference);
        return await BuildAsync(request, context, GeneratedDockerfile.ServiceFolder, DockerfilePath, added, baseIds, generated.NeedsNetwork, trust, log, cancellationToken);
    }

    async Task<BuiltImage> BuildAsync(
        BuildRequest request, ContextFolder folder, string prefix, string dockerfile, IReadOnlyCollection<AddedFile> added, IEnumerable<string> baseIds, bool needsNetwork,
        HostTrust trust, Action<string> log, CancellationToken cancellationToken)
    {
        await using var context = await BuildContext.PackAsync(folder, prefix, added, Path.Combine(home.Cache, "contexts"), options, cancellationToken);
        var hash = Hash([Recipe, context.Hash, .. baseIds]);
        var tag = $"kyozo/{request.WorkspaceSlug}-{request.ServiceName}:{hash[..12]}";
        if (await runtime.FindImageAsync(tag, cancellationToken) is { } there && there.Labels.GetValueOrDefault(KyozoLabels.ContentHash) == hash)
        {
            log($"nothing has changed: {tag} is there");
            return new(there.Id, hash, Reused: true);
        }

        log($"building {tag} from {context.Files} files ({Size(context.Bytes)})");
        foreach (var (reason, count) in folder.LeftOut) log($"left out: {count} × {reason}");
        var built = await runtime.BuildImageAsync(new()
        {
            Tag = tag,
            Dockerfile = dockerfile,
            Labels = request.Labels.Append(new(KyozoLabels.ContentHash, hash)).ToDictionary(),
            Arguments = needsNetwork ? trust.Proxies : new Dictionary<string, string>(),
            Network = needsNetwork ? await network.EnsureAsync(cancellationToken) : "none",
            Timeout = options.Timeout,
            CpuCores = options.CpuCores,
            MemoryBytes = options.MemoryBytes,
        }, context.OpenTar(), log, cancellationToken);
        return new(built.Id, hash, Reused: false);
    }

    const string DockerfilePath = GeneratedDockerfile.AddedFolder + "Dockerfile";

    static AddedFile TextFile(string path, string text) => new(path, Encoding.UTF8.GetBytes(text));

    static IEnumerable<AddedFile> Certificates(HostTrust trust) =>
        trust.CertificatesFile is { } file ? [new(GeneratedDockerfile.Certificates, File.ReadAllBytes(file), IsInput: false)] : [];

    DockerfileInput Input(BuildRequest request, ContextFolder context, HostTrust trust, Func<string, string> baseReference) => new()
    {
        Type = request.ServiceType,
        Config = request.Config,
        Port = request.Port,
        Has = context.Has,
        Read = context.Read,
        Files = context.Files,
        Base = baseReference,
        HasCertificates = trust.CertificatesFile is not null,
        NpmRegistry = options.NpmRegistry is { Length: > 0 } registry ? registry : null,
    };

    /// <summary>With the ignore file that belongs to the Dockerfile, else the folder's.</summary>
    ContextFolder List(string folder, string? dockerfile, CancellationToken cancellationToken)
    {
        var ignore = dockerfile is not null && File.Exists(dockerfile + ".dockerignore") ? dockerfile + ".dockerignore" : Path.Combine(folder, ".dockerignore");
        return ContextFolder.List(folder, ReadRegular(ignore) is { } text ? DockerIgnore.Parse(text) : DockerIgnore.None, options, cancellationToken);
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

    static string Size(long bytes) => bytes < 1L << 20 ? $"{bytes / 1024.0:0.#} KiB" : $"{bytes / 1048576.0:0.#} MiB";

    static string Hash(params IEnumerable<string> parts) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', parts))));
}
