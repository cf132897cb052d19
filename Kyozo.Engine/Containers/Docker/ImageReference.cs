using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;

namespace Kyozo.Engine.Containers.Docker;

/// <summary>A reference to an image: <c>[registry/]repository[:tag][@digest]</c>.</summary>
/// <param name="Repository">Registry and path, lower case.</param>
/// <param name="Tag"><c>latest</c> when none is named and there is no digest.</param>
/// <param name="Digest"><c>sha256:…</c>, or null.</param>
public sealed partial record ImageReference(string Repository, string? Tag, string? Digest)
{
    /// <summary>Reads a reference; false when the text is none (SAFETY A-23).</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out ImageReference? reference)
    {
        reference = null;
        var match = text.Length <= 255 ? Grammar().Match(text) : Match.Empty;
        if (!match.Success) return false;
        if (match.Groups["port"] is { Success: true } port && int.Parse(port.ValueSpan, System.Globalization.CultureInfo.InvariantCulture) > 65_535) return false;

        var digest = match.Groups["digest"] is { Success: true, Value: var value } ? value : null;
        var tag = match.Groups["tag"] is { Success: true, Value: var named } ? named : digest is null ? "latest" : null;
        reference = new(match.Groups["repository"].Value, tag, digest);
        return true;
    }

    /// <summary>Reads a reference.</summary>
    /// <exception cref="FormatException">The text is none.</exception>
    public static ImageReference Parse(string text) =>
        TryParse(text, out var reference) ? reference : throw new FormatException($"'{text}' is not an image reference such as 'nginx:1.27' or 'registry.example.com/team/app:3'.");

    /// <summary>The reference in full.</summary>
    public override string ToString() => Repository + (Tag is null ? "" : $":{Tag}") + (Digest is null ? "" : $"@{Digest}");

    [GeneratedRegex(
        @"\A(?<repository>(?:(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*)(?::(?<port>\d{1,5}))?/)?[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*)*)(?::(?<tag>[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}))?(?:@(?<digest>sha256:[0-9a-f]{64}))?\z")]
    private static partial Regex Grammar();
}
