using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;

namespace Kyozo.Data;

/// <summary>The one JSON dialect of Kyozo (files, columns, Worker API, command line): camelCase, enums as snake_case words, unknown values as null.</summary>
public static partial class KyozoJson
{
    /// <summary>Compact form, for columns and the wire.</summary>
    public static JsonSerializerOptions Compact { get; } = Create(indented: false);

    /// <summary>Indented form, for people and files.</summary>
    public static JsonSerializerOptions Indented { get; } = Create(indented: true);

    /// <summary>Most characters of a value for a jsonb column. The CHECKs of the columns, most of them lower, are the second wall.</summary>
    public const int MaxColumnLength = 3 << 20;

    /// <summary>The text of a value for a jsonb column. A NUL, which jsonb does not know, becomes U+FFFD.</summary>
    /// <exception cref="JsonTooLargeException">It is longer than <see cref="MaxColumnLength"/>.</exception>
    public static string Column<T>(T value)
    {
        var json = JsonSerializer.Serialize(value, Compact);
        if (json.Length > MaxColumnLength)
            throw new JsonTooLargeException($"It has {json.Length:N0} characters as JSON; {MaxColumnLength:N0} can be kept.");
        return json.Contains(@"\u0000", StringComparison.Ordinal) ? Nul().Replace(json, "\uFFFD") : json;
    }

    // An escaped backslash before it makes it the five characters u0000.
    [GeneratedRegex(@"(?<=(?<!\\)(?:\\\\)*)\\u0000")]
    private static partial Regex Nul();

    static JsonSerializerOptions Create(bool indented)
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.Web)
        {
            WriteIndented = indented,
            AllowDuplicateProperties = false,
            Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
            Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
        };
        options.MakeReadOnly(populateMissingResolver: true);
        return options;
    }
}

/// <summary>A value is too large for a jsonb column; the message says by how much.</summary>
public sealed class JsonTooLargeException(string message) : Exception(message);
