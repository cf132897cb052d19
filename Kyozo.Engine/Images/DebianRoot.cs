using Kyozo.Data;
using Kyozo.Engine.Host;
using Microsoft.Extensions.Options;

namespace Kyozo.Engine.Images;

/// <summary>The root file system of a minimal Debian as a tar: made with debootstrap once, kept in the cache folder.</summary>
public sealed class DebianRoot(KyozoHome home, IOptions<BuildOptions> options)
{
    // Nobody reads manuals in a container, and nothing in an image build needs to survive a power cut.
    const string PackageSettings = """
        force-unsafe-io
        path-exclude=/usr/share/doc/*
        path-exclude=/usr/share/man/*
        path-exclude=/usr/share/info/*
        path-exclude=/usr/share/locale/*

        """;

    static readonly string[] LeftOut =
        ["./dev/*", "./proc/*", "./sys/*", "./run/*", "./tmp/*", "./var/cache/apt/*.bin", "./var/cache/apt/archives/*.deb", "./var/lib/apt/lists/*", "./var/log/*",
         "./usr/share/doc/*", "./usr/share/man/*", "./usr/share/info/*", "./usr/share/locale/*"];

    /// <summary>The configured mirror, or null for debootstrap's own.</summary>
    string? Mirror => options.Value.AptMirror is { Length: > 0 } mirror ? mirror.TrimEnd('/') : null;

    /// <summary>The tar's path; makes it when it is not there.</summary>
    /// <exception cref="BaseImageUnavailableException">This host cannot make it; the message says what is missing.</exception>
    public async Task<string> EnsureAsync(bool anew, Action<string> progress, CancellationToken cancellationToken)
    {
        var tar = Path.Combine(home.Cache, $"debian-{BaseImages.DebianRelease}.tar");
        if (File.Exists(tar) && !anew) return tar;

        if (!OperatingSystem.IsLinux() || Environment.UserName != "root")
            throw new BaseImageUnavailableException("debian", "Making base images needs debootstrap, and that needs root: run 'sudo ./kyozo images bootstrap' once.");
        var folder = Path.Combine(home.Cache, $"debootstrap-{Environment.ProcessId}");
        Directory.CreateDirectory(home.Cache);
        try
        {
            if (HostProgram.Find("debootstrap") is null) await AptPackages.InstallAsync("The maker of base images", ["debootstrap", "debian-archive-keyring"], progress, cancellationToken);
            progress($"debian: fetching and unpacking {BaseImages.DebianRelease}{(Mirror is null ? "" : $" from {Mirror}")}");
            string[] mirror = Mirror is null ? [] : [Mirror];
            await HostProgram.RequireAsync(
                HostProgram.Unattended("debootstrap", ["--variant=minbase", BaseImages.DebianRelease, folder, .. mirror]), line => Retell(line, progress), cancellationToken);
            await File.WriteAllTextAsync(Path.Combine(folder, "etc/dpkg/dpkg.cfg.d/kyozo"), PackageSettings, cancellationToken);
            var sources = Path.Combine(folder, "etc/apt/sources.list");
            await File.WriteAllTextAsync(sources, Sources(MirrorOf(await File.ReadAllTextAsync(sources, cancellationToken))), cancellationToken);
            progress("debian: packing");
            string[] arguments = ["-C", folder, "--numeric-owner", .. LeftOut.Select(path => $"--exclude={path}"), "-cf", tar + ".new", "."];
            await HostProgram.RequireAsync("tar", arguments, cancellationToken);
            File.Move(tar + ".new", tar, overwrite: true);
            return tar;
        }
        catch (HostProgramException failed)
        {
            throw new BaseImageUnavailableException("debian", $"A Debian root could not be made: {failed.Message}", failed);
        }
        finally
        {
            // Should debootstrap have died with something mounted in it, that is not walked into.
            if (Directory.Exists(folder)) await HostProgram.RequireAsync("rm", ["-rf", "--one-file-system", folder], CancellationToken.None);
        }
    }

    /// <summary>debootstrap prints a line for each package: only its stages are told.</summary>
    static void Retell(string line, Action<string> progress)
    {
        if (line is "I: Installing core packages..." or "I: Unpacking the base system..." or "I: Configuring the base system..." or "I: Extracting packages...")
            progress($"debian: {line[3..].TrimEnd('.').ToLowerInvariant()}");
    }

    /// <summary>The mirror that debootstrap used, from what it wrote: <c>deb http://mirror/debian bookworm main</c>.</summary>
    internal static string MirrorOf(string sources) => sources.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1].TrimEnd('/');

    internal static string Sources(string mirror)
    {
        var lines = $"deb {mirror} {BaseImages.DebianRelease} main\ndeb {mirror} {BaseImages.DebianRelease}-updates main\n";
        // Debian keeps security fixes beside the archive; so do complete mirrors.
        return mirror.EndsWith("/debian", StringComparison.Ordinal) ? $"{lines}deb {mirror}-security {BaseImages.DebianRelease}-security main\n" : lines;
    }
}
