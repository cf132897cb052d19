using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Kyozo.Data.Topology;

/// <summary>
/// Writes a topology as <see cref="KyozoJson"/> would, member by member: a serialiser that looks at types costs the command line
/// more time at its start than the whole analysis takes. A test holds the two to each other.
/// </summary>
public static class TopologyJson
{
    /// <summary>The text that <c>kyozo detect --json</c> prints: indented, without a line end.</summary>
    public static string Print(FolderTopology topology)
    {
        var buffer = new ArrayBufferWriter<byte>(16 * 1024);
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteString("folder", topology.Folder);
            json.WriteString("strategy", Word(topology.Strategy.ToString()));
            json.WriteStartArray("notes");
            foreach (var note in topology.Notes) json.WriteStringValue(note);
            json.WriteEndArray();
            json.WriteStartArray("services");
            foreach (var service in topology.Services) Write(json, service);
            json.WriteEndArray();
            json.WriteStartArray("dependencies");
            foreach (var edge in topology.Dependencies) Write(json, edge);
            json.WriteEndArray();
            json.WriteStartArray("skipped");
            foreach (var skipped in topology.Skipped)
            {
                json.WriteStartObject();
                json.WriteString("path", skipped.Path);
                json.WriteString("reason", skipped.Reason);
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    static void Write(Utf8JsonWriter json, DetectedService service)
    {
        json.WriteStartObject();
        json.WriteString("name", service.Name);
        json.WriteString("path", service.Path);
        json.WriteString("type", service.Type.Word());
        json.WriteString("framework", service.Framework);
        json.WriteString("version", service.Version);
        if (service.Port is { } port) json.WriteNumber("port", port);
        else json.WriteNull("port");
        json.WriteString("packageManager", service.PackageManager);
        json.WriteString("installCommand", service.InstallCommand);
        json.WriteString("buildCommand", service.BuildCommand);
        json.WriteString("startCommand", service.StartCommand);
        json.WriteString("healthPath", service.HealthPath);
        json.WriteString("outputPath", service.OutputPath);
        json.WriteString("dockerfile", service.Dockerfile);
        json.WriteString("image", service.Image);
        json.WriteStartArray("environment");
        foreach (var variable in service.Environment)
        {
            json.WriteStartObject();
            json.WriteString("name", variable.Name);
            json.WriteBoolean("required", variable.Required);
            json.WriteBoolean("hasValue", variable.HasValue);
            json.WriteBoolean("secret", variable.Secret);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteStartArray("watch");
        foreach (var path in service.Watch) json.WriteStringValue(path);
        json.WriteEndArray();
        json.WriteNumber("confidence", service.Confidence);
        Write(json, service.Evidence);
        json.WriteStartArray("alternatives");
        foreach (var alternative in service.Alternatives)
        {
            json.WriteStartObject();
            json.WriteString("type", alternative.Type.Word());
            json.WriteNumber("confidence", alternative.Confidence);
            json.WriteString("reason", alternative.Reason);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        if (service.Stated is { } stated)
        {
            // Rare, and of many parts: here the serialiser's start is worth its price.
            json.WritePropertyName("stated");
            JsonSerializer.Serialize(json, stated, KyozoJson.Compact);
        }
        json.WriteEndObject();
    }

    static void Write(Utf8JsonWriter json, DetectedDependency edge)
    {
        json.WriteStartObject();
        json.WriteString("from", edge.From);
        json.WriteString("to", edge.To);
        json.WriteString("type", Word(edge.Type.ToString()));
        json.WriteString("envVariable", edge.EnvVariable);
        json.WriteNumber("confidence", edge.Confidence);
        Write(json, edge.Evidence);
        json.WriteString("connectionTemplate", edge.ConnectionTemplate);
        json.WriteEndObject();
    }

    static void Write(Utf8JsonWriter json, IReadOnlyList<Evidence> evidence)
    {
        json.WriteStartArray("evidence");
        foreach (var one in evidence)
        {
            json.WriteStartObject();
            json.WriteString("file", one.File);
            if (one.Line is { } line) json.WriteNumber("line", line);
            else json.WriteNull("line");
            json.WriteString("signal", one.Signal);
            json.WriteNumber("weight", one.Weight);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    static string Word(string name) => JsonNamingPolicy.SnakeCaseLower.ConvertName(name);
}
