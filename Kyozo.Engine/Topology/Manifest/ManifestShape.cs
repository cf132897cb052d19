using System.Text.Json.Nodes;

namespace Kyozo.Engine.Topology.Manifest;

/// <summary>What a value may look like, as JSON schema.</summary>
/// <param name="Schema">Makes a fresh copy: a node has one place only.</param>
sealed record ManifestShape(Func<JsonObject> Schema)
{
    public static readonly ManifestShape Flag = new(() => new() { ["type"] = "boolean" });

    public static ManifestShape Text(int maxLength, string? pattern = null) => new(() =>
    {
        var schema = new JsonObject { ["type"] = "string", ["maxLength"] = maxLength };
        if (pattern is not null) schema["pattern"] = pattern;
        return schema;
    });

    public static ManifestShape Whole(long least, long most) => new(() => new() { ["type"] = "integer", ["minimum"] = least, ["maximum"] = most });

    public static ManifestShape Number(double least, double most) => new(() => new() { ["type"] = "number", ["minimum"] = least, ["maximum"] = most });

    public static ManifestShape OneOf(params IEnumerable<string> words) => new(() => new() { ["enum"] = new JsonArray([.. words.Select(word => (JsonNode)word)]) });

    public static ManifestShape ListOf(ManifestShape items) => new(() => new() { ["type"] = "array", ["items"] = items.Schema() });

    /// <summary>A map from names of a pattern to values.</summary>
    public static ManifestShape MapOf(string names, ManifestShape values) => new(() => new()
    {
        ["type"] = "object",
        ["propertyNames"] = new JsonObject { ["pattern"] = names },
        ["additionalProperties"] = values.Schema(),
    });

    public static ManifestShape Either(params ManifestShape[] shapes) => new(() => new() { ["anyOf"] = new JsonArray([.. shapes.Select(shape => (JsonNode)shape.Schema())]) });

    public static readonly ManifestShape Nothing = new(() => new() { ["type"] = "null" });

    /// <summary>A map with exactly these keys.</summary>
    public static ManifestShape Of<T>(IReadOnlyList<ManifestKey<T>> keys) => new(() =>
    {
        var properties = new JsonObject();
        foreach (var key in keys)
        {
            var schema = key.Shape.Schema();
            schema["description"] = key.Description;
            properties[key.Name] = schema;
        }
        return new() { ["type"] = "object", ["additionalProperties"] = false, ["properties"] = properties };
    });
}
