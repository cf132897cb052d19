using System.Text.Json;
using System.Text.RegularExpressions;

namespace Kyozo.Engine.Topology.Reading;

/// <summary>JSON as tools forgive it: comments and trailing commas; 64 levels at most.</summary>
static partial class JsonText
{
    static readonly JsonDocumentOptions Options = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true, MaxDepth = 64 };

    /// <exception cref="JsonException">It is no JSON, or nested too deep.</exception>
    public static JsonElement Parse(string text)
    {
        // Half a character is legal in JSON's grammar, but no text can be made of it.
        if (LoneSurrogate().IsMatch(text)) throw new JsonException("an escape of half a character");
        using var document = JsonDocument.Parse(text, Options);
        return document.RootElement.Clone();
    }

    /// <summary>The member at a path of names, or null.</summary>
    public static JsonElement? At(this JsonElement element, params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty(name, out element)) return null;
        }
        return element;
    }

    public static string? Text(this JsonElement element, params ReadOnlySpan<string> names) =>
        element.At(names) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;

    /// <summary>The members of an object; none when it is none.</summary>
    public static IEnumerable<JsonProperty> Members(this JsonElement? element) =>
        element is { ValueKind: JsonValueKind.Object } value ? value.EnumerateObject() : [];

    public static IEnumerable<JsonElement> Items(this JsonElement? element) =>
        element is { ValueKind: JsonValueKind.Array } value ? value.EnumerateArray() : [];

    [GeneratedRegex(@"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2}", RegexOptions.CultureInvariant)]
    private static partial Regex LoneSurrogate();
}
