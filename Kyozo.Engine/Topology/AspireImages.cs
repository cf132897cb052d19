namespace Kyozo.Engine.Topology;

/// <summary>Resources of an app host of .NET Aspire that are ready images: those that name theirs, and those whose image Aspire brings.</summary>
static class AspireImages
{
    /// <summary>The image behind <c>AddContainer("mail", "axllent/mailpit")</c>, <c>AddKeycloak("login")</c>; null for what is no ready image.</summary>
    /// <param name="kind">What stands after <c>Add</c>.</param>
    /// <param name="argument">The second string of the call, or nothing.</param>
    public static string? Of(string kind, string argument) => kind switch
    {
        "Container" => argument.Length > 0 ? argument : null,
        "Keycloak" => "quay.io/keycloak/keycloak",
        "Nats" => "nats",
        "Qdrant" => "qdrant/qdrant",
        "Milvus" => "milvusdb/milvus",
        "Seq" => "datalust/seq",
        "Oracle" => "gvenzl/oracle-free",
        "Ollama" => "ollama/ollama",
        "Meilisearch" => "getmeili/meilisearch",
        "ClickHouse" => "clickhouse/clickhouse-server",
        "MailPit" => "axllent/mailpit",
        "Minio" or "MinioContainer" => "minio/minio",
        "SurrealServer" => "surrealdb/surrealdb",
        "Papercut" or "PapercutSmtp" => "changemakerstudiosus/papercut-smtp",
        _ => null,
    };
}
