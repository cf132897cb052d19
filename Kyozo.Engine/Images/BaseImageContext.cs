using System.Formats.Tar;
using System.Reflection;

namespace Kyozo.Engine.Images;

/// <summary>What the build of a base image sees: its Dockerfile and start script from this assembly, and what is taken from this host.</summary>
static class BaseImageContext
{
    const string Certificates = "ca-certificates.crt";
    const UnixFileMode Readable = UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    const UnixFileMode Runnable = Readable | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>The context as a tar, in a file of <paramref name="folder"/> that goes when it is closed: an SDK is too big for memory.</summary>
    /// <exception cref="BaseImageUnavailableException">This host does not have what the image is made from.</exception>
    public static async Task<FileStream> WriteAsync(BaseImage image, HostTrust trust, string folder, CancellationToken cancellationToken)
    {
        var context = new FileStream(Path.Combine(folder, $"base-{image.Name}.tar"), new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.ReadWrite,
            Options = FileOptions.DeleteOnClose | FileOptions.Asynchronous,
        });
        try
        {
            await using (var tar = new TarWriter(context, TarEntryFormat.Pax, leaveOpen: true))
            {
                await AddAsync(tar, "Dockerfile", Resource($"{image.Name}.Dockerfile"), Readable, cancellationToken);
                await AddAsync(tar, $"{image.Name}-entrypoint.sh", Resource($"{image.Name}-entrypoint.sh"), Runnable, cancellationToken);
                if (image.Source == BaseImageSource.Npm && trust.CertificatesFile is { } certificates)
                    await AddAsync(tar, Certificates, File.OpenRead(certificates), Readable, cancellationToken);
                if (image.Source == BaseImageSource.HostDotnet)
                {
                    foreach (var (file, path) in HostDotnet.Files(sdk: image.Name == "dotnet-sdk"))
                        await AddAsync(tar, $"dotnet/{path}", File.OpenRead(file), OperatingSystem.IsWindows() ? Runnable : File.GetUnixFileMode(file) | Readable, cancellationToken);
                }
            }

            context.Position = 0;
            return context;
        }
        catch
        {
            await context.DisposeAsync();
            throw;
        }
    }

    /// <summary>What the image's Dockerfile takes as arguments beside the proxies.</summary>
    public static IReadOnlyDictionary<string, string> Arguments(BaseImage image, HostTrust trust, BuildOptions options)
    {
        var arguments = new Dictionary<string, string>(trust.Proxies);
        if (image.Source != BaseImageSource.Npm) return arguments;

        if (trust.CertificatesFile is not null) arguments["NODE_EXTRA_CA_CERTS"] = $"/kyozo/{Certificates}";
        if (options.NpmRegistry.Length > 0) arguments["NPM_CONFIG_REGISTRY"] = options.NpmRegistry;
        return arguments;
    }

    static Stream? Resource(string name) => Assembly.GetExecutingAssembly().GetManifestResourceStream($"bases/{name}");

    static async Task AddAsync(TarWriter tar, string path, Stream? content, UnixFileMode mode, CancellationToken cancellationToken)
    {
        if (content is null) return;
        await using (content) await tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, path) { DataStream = content, Mode = mode }, cancellationToken);
    }
}
