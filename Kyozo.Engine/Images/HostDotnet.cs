using System.Runtime.InteropServices;

namespace Kyozo.Engine.Images;

/// <summary>The .NET that Kyozo runs on, as far as images are made from it: the SDK whole, or what a published program needs.</summary>
static class HostDotnet
{
    /// <summary>What a published program needs: the starter, its resolver, the frameworks.</summary>
    static readonly string[] Runtime = ["dotnet", "host", "shared"];

    /// <summary>The files, each with its path below .NET's folder.</summary>
    /// <param name="sdk">True for everything, false for what a published program needs.</param>
    /// <exception cref="BaseImageUnavailableException">Kyozo does not run on an installed SDK with ASP.NET.</exception>
    public static IEnumerable<(string File, string Path)> Files(bool sdk)
    {
        // <root>/shared/Microsoft.NETCore.App/<version>/
        var root = new DirectoryInfo(RuntimeEnvironment.GetRuntimeDirectory()).Parent?.Parent?.Parent?.FullName;
        if (root is null || new[] { "sdk", "shared/Microsoft.AspNetCore.App", "dotnet" }.Any(part => !Path.Exists(Path.Combine(root, part))))
            throw new BaseImageUnavailableException(sdk ? "dotnet-sdk" : "dotnet", "The .NET images are made from the .NET SDK that Kyozo runs on, and it runs on none: install the SDK, or load the image with 'docker load'.");

        return Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories)
            .Select(file => (file, Path.GetRelativePath(root, file)))
            .Where(one => sdk || Runtime.Contains(one.Item2.Split('/')[0]));
    }
}
