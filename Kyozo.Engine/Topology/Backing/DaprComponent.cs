using Kyozo.Data.Topology;
using Kyozo.Engine.Topology.Reading;

namespace Kyozo.Engine.Topology.Backing;

/// <summary>A component of Dapr that stands for a backing service.</summary>
sealed record DaprComponent(ServiceType Type, string Name, string Kind, string File, int Line)
{
    /// <summary>The components that the folder declares: <c>kind: Component</c> with <c>type: state.redis</c>.</summary>
    public static List<DaprComponent> In(FolderIndex index)
    {
        var components = new List<DaprComponent>();
        foreach (var file in index.Snapshot.Files.Where(file => file.Extension is ".yaml" or ".yml" && file.Text is { } text && text.Contains("dapr.io/", StringComparison.Ordinal) && !text.Contains("{{", StringComparison.Ordinal)))
        {
            foreach (var document in index.YamlDocuments(file))
            {
                if (document["kind"]?.Scalar != "Component" || document["metadata"]?["name"]?.Scalar is not { Length: > 2 } name || document["spec"]?["type"]?.Scalar is not { } kind || TypeOf(kind) is not { } type) continue;
                components.Add(new(type, name, kind, file.Path, document.LineOf("kind") ?? document.Line));
            }
        }
        return components;
    }

    /// <summary>Whether a program asks for it: its name in quotes, or in a path of the sidecar.</summary>
    public bool IsUsedBy(Candidate program) =>
        program.Folder.Below.Any(file => file.Extension is not (".yaml" or ".yml") && (file.Mentions($"\"{Name}\"") || file.Mentions($"'{Name}'") || file.Mentions($"/{Name}")));

    static ServiceType? TypeOf(string kind) => kind[(kind.IndexOf('.') + 1)..].Split('.', '/')[0] switch
    {
        "redis" => ServiceType.Redis,
        "rabbitmq" => ServiceType.Rabbitmq,
        "kafka" => ServiceType.Kafka,
        "mongodb" => ServiceType.Mongodb,
        "postgresql" or "postgres" => ServiceType.Postgres,
        "mysql" => ServiceType.Mysql,
        "sqlserver" => ServiceType.Mssql,
        "memcached" => ServiceType.Memcached,
        "cassandra" => ServiceType.Cassandra,
        _ => null,
    };
}
