using Kyozo.Data;
using Microsoft.Extensions.Configuration;

namespace Kyozo.Engine.Folders;

/// <summary>
/// Which folders of this machine may become workspaces: those under Kyozo's own workspaces folder, under a line of <see cref="KyozoHome.AllowedRootsFile"/>
/// or under <c>Kyozo:WorkspacesRoot</c>. Compared after links are resolved and by whole segments (SAFETY ). Never the system's folders, whatever is configured.
/// </summary>
public sealed class AllowedRoots(KyozoHome home, IConfiguration configuration)
{
    static readonly string[] SystemTrees =
    [
        "/bin", "/boot", "/dev", "/etc", "/lib", "/lib32", "/lib64", "/proc", "/run", "/sbin", "/sys", "/usr",
        "/var/lib/containerd", "/var/lib/docker", "/var/lib/postgresql", "/var/log", "/var/run",
    ];

    static readonly string[] TooWide = ["/home", "/media", "/mnt", "/opt", "/root", "/srv", "/tmp", "/var/tmp"];

    /// <summary>The allowed roots that exist now, links resolved. The file is read each time: <c>kyozo up</c> adds to it while the worker runs.</summary>
    public IReadOnlyList<string> Read()
    {
        var roots = new List<string> { home.Workspaces };
        if (configuration["Kyozo:WorkspacesRoot"] is { Length: > 0 } configured) roots.Add(configured);
        if (File.Exists(home.AllowedRootsFile)) roots.AddRange(File.ReadAllLines(home.AllowedRootsFile).Select(l => l.Trim()));
        return [.. roots.Where(r => Path.IsPathFullyQualified(r) && Directory.Exists(r)).Select(RealPath.Of).Distinct()];
    }

    /// <summary>The allowed roots that a person may choose folders from: all but Kyozo's own workspaces folder, in which every team's uploads lie.</summary>
    public IReadOnlyList<string> Browsable() => [.. Read().Where(r => !RealPath.IsWithin(r, RealPath.Of(home.Workspaces)))];

    /// <summary>The real path of a folder that may become a workspace's root.</summary>
    /// <exception cref="FolderRefusedException">It may not; the message says why.</exception>
    public string Require(string path)
    {
        if (string.IsNullOrWhiteSpace(path) || !Path.IsPathFullyQualified(path) || path.Any(char.IsControl))
            throw new FolderRefusedException("Give an absolute folder, like /srv/shop.");

        var real = Resolve(path);
        if (!Directory.Exists(real)) throw new FolderRefusedException($"{path} is not a folder on the worker's machine.");
        if (WhyNever(real) is { } reason) throw new FolderRefusedException($"{path} cannot be a workspace: {reason}");
        if (!Read().Any(root => RealPath.IsWithin(real, root)))
            throw new FolderRefusedException($"{path} is not under an allowed folder. An administrator of this machine allows it with a line in {home.AllowedRootsFile}.");

        RequireReadable(real, path);
        return real;
    }

    // Independent of what is configured: an allowed root of "/" must not hand out the machine.
    string? WhyNever(string real)
    {
        var ownHome = RealPath.Of(home.Root);
        var ownWorkspaces = RealPath.Of(home.Workspaces);
        if (SystemTrees.Any(tree => RealPath.IsWithin(real, tree))) return "it belongs to the system.";
        if (TooWide.Contains(real) || SystemTrees.Any(tree => RealPath.IsWithin(tree, real))) return "it is too wide; choose one project's folder.";
        if (RealPath.IsWithin(ownWorkspaces, real)) return "it holds Kyozo's own state.";
        if (RealPath.IsWithin(real, ownHome) && !RealPath.IsWithin(real, ownWorkspaces)) return "it holds Kyozo's own state.";
        return RealPath.Overlap(real, RealPath.Of(AppContext.BaseDirectory)) ? "Kyozo itself is installed there." : null;
    }

    static string Resolve(string path)
    {
        try
        {
            return RealPath.Of(path);
        }
        catch (IOException)
        {
            throw new FolderRefusedException($"{path} leads in a circle of links.");
        }
    }

    static void RequireReadable(string real, string path)
    {
        try
        {
            _ = Directory.EnumerateFileSystemEntries(real).FirstOrDefault();
        }
        catch (UnauthorizedAccessException)
        {
            throw new FolderRefusedException($"The worker may not read {path}. Give its user the right to read and enter the folder.");
        }
    }
}
