namespace Kyozo.Engine.Secrets;

/// <summary>Replaces secret values in a text that people will read.</summary>
public sealed class SecretMasker
{
    /// <summary>What stands in place of a secret.</summary>
    public const string Mask = "••••••";

    // Shorter values would blot out ordinary words ("app", "true") and betray themselves by that.
    const int ShortestMasked = 6;

    readonly string[] _values;

    /// <summary>Masks these values, also as they look in a URL.</summary>
    public SecretMasker(IEnumerable<string> values) => _values =
        [.. values.Where(v => v.Length >= ShortestMasked).SelectMany(v => new[] { v, Uri.EscapeDataString(v) }).Distinct().OrderByDescending(v => v.Length)];

    /// <summary>Masks nothing.</summary>
    public static SecretMasker None { get; } = new([]);

    /// <summary>The text without the secrets.</summary>
    public string Clean(string text)
    {
        foreach (var value in _values) text = text.Replace(value, Mask, StringComparison.Ordinal);
        return text;
    }
}
