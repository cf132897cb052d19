using System.Text.Encodings.Web;
using System.Text.Json;

namespace Kyozo.Engine.Topology.Manifest;

/// <summary>The JSON schema of <c>kyozo.yaml</c>, made from the same table that reads the file.</summary>
public static class ManifestSchema
{
    static readonly JsonSerializerOptions Readable = new() { WriteIndented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The text of <c>docs/schema/kyozo.schema.json</c>.</summary>
    public static string Text()
    {
        var schema = ManifestShape.Of(ManifestKeys.RootKeys).Schema();
        schema.Insert(0, "$schema", "https://json-schema.org/draft/2020-12/schema");
        schema.Insert(1, "title", "kyozo.yaml");
        schema.Insert(2, "description", "What runs in this folder, where it is not to be found out.");
        return schema.ToJsonString(Readable) + "\n";
    }
}
