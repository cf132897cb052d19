using System.Text.Json;
using System.Text.Json.Serialization;

namespace Kyozo.Data;

/// <summary>The one JSON dialect of Kyozo (files, columns, Worker API, command line): camelCase, enums as snake_case words, unknown values as null.</summary>
public static class KyozoJson
{
    /// <summary>Compact form, for columns and the wire.</summary>
    public static JsonSerializerOptions Compact { get; } = Create(indented: false);

    /// <summary>Indented form, for people and files.</summary>
    public static JsonSerializerOptions Indented { get; } = Create(indented: true);

    static JsonSerializerOptions Create(bool indented)
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.Web)
        {
            WriteIndented = indented,
            Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
            Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
        };
        options.MakeReadOnly(populateMissingResolver: true);
        return options;
    }
}
