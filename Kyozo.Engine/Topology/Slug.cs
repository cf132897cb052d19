using System.Globalization;
using System.Text;
using Kyozo.Engine.Folders;

namespace Kyozo.Engine.Topology;

/// <summary>Names that are safe everywhere: <c>[a-z0-9][a-z0-9-]{0,62}</c>, whatever a folder is called (SAFETY A-01).</summary>
static class Slug
{
    const int MaxLength = 63;

    /// <summary>The slug of a name; <c>service</c> when nothing of it is left.</summary>
    public static string Of(string name)
    {
        var slug = new StringBuilder();
        foreach (var c in FoldedName.Of(name))
        {
            if (char.IsAsciiLetterOrDigit(c)) slug.Append(char.ToLowerInvariant(c));
            else if (CharUnicodeInfo.GetUnicodeCategory(c) == UnicodeCategory.NonSpacingMark) continue;
            else if (slug.Length > 0 && slug[^1] != '-') slug.Append('-');
        }
        if (slug.Length > MaxLength) slug.Length = MaxLength;
        return slug.ToString().TrimEnd('-') is { Length: > 0 } text ? text : "service";
    }

    /// <summary>The slug, or the slug with the first number that is still free.</summary>
    public static string Unique(string name, ISet<string> taken)
    {
        var slug = Of(name);
        var unique = slug;
        for (var number = 2; !taken.Add(unique); number++)
        {
            var suffix = $"-{number}";
            unique = slug[..Math.Min(slug.Length, MaxLength - suffix.Length)].TrimEnd('-') + suffix;
        }
        return unique;
    }

    /// <summary>Letters and digits alone: how names are compared.</summary>
    public static string Key(string name)
    {
        var key = new StringBuilder(name.Length);
        foreach (var c in name)
        {
            if (char.IsAsciiLetterOrDigit(c)) key.Append(char.ToLowerInvariant(c));
        }
        return key.ToString();
    }
}
