namespace Kyozo.Engine.Images;

/// <summary>
/// Which part of a workspace a service's build sees: its own folder, or, where it shares folders with others, the folder that holds them all, and in
/// it only those folders and the files on the way to them (a monorepo's manifests and lock files lie there).
/// </summary>
/// <param name="Root">The context's folder relative to the workspace; empty for the workspace itself.</param>
/// <param name="Service">The service's folder relative to <paramref name="Root"/>; empty when it is the root.</param>
/// <param name="Folders">The folders that are taken whole, relative to <paramref name="Root"/>; empty: everything.</param>
public sealed record ContextScope(string Root, string Service, IReadOnlyList<string> Folders)
{
    /// <summary>One folder with everything in it.</summary>
    public static ContextScope Whole { get; } = new("", "", []);

    /// <summary>The scope of a service.</summary>
    /// <param name="folder">Its folder relative to the workspace.</param>
    /// <param name="shared">Folders that it needs beside its own, relative to the workspace.</param>
    public static ContextScope Of(string folder, IReadOnlyList<string> shared)
    {
        var own = folder.Trim('/');
        List<string> all = [own, .. shared.Select(one => one.Trim('/'))];
        var root = all.Aggregate(CommonFolder);
        return new(root, Below(root, own), all.Contains(root) ? [] : [.. all.Select(one => Below(root, one)).Distinct().Order(StringComparer.Ordinal)]);
    }

    /// <summary>True when the folder is taken, or leads to one that is.</summary>
    /// <param name="path">Relative to <see cref="Root"/>.</param>
    public bool Enters(string path) => Folders.Count == 0 || Folders.Any(folder => IsWithin(path, folder) || IsWithin(folder, path));

    static string CommonFolder(string one, string other)
    {
        var common = one;
        while (!IsWithin(other, common)) common = common.Contains('/') ? common[..common.LastIndexOf('/')] : "";
        return common;
    }

    static string Below(string root, string path) => root.Length == 0 ? path : path.Length == root.Length ? "" : path[(root.Length + 1)..];

    static bool IsWithin(string path, string folder) =>
        folder.Length == 0 || path == folder || (path.Length > folder.Length && path[folder.Length] == '/' && path.StartsWith(folder, StringComparison.Ordinal));
}
