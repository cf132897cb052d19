using System.Runtime.CompilerServices;

namespace Kyozo.Testing;

/// <summary>Folders of this checkout.</summary>
public static class Samples
{
    /// <summary>Root of the checkout.</summary>
    public static string Repository { get; } = FindRepository();

    /// <summary>The sample shop.</summary>
    public static string Shop { get; } = Path.Combine(Repository, "samples", "shop");

    static string FindRepository([CallerFilePath] string thisFile = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(thisFile)!, "..", ".."));
}
