namespace Kyozo.Data.Topology;

/// <summary>What a service is made of. Stored and printed in lower case (<c>nodejs</c>); the CHECK <c>valid_service_type</c> lists the same words (DESIGN §5).</summary>
public enum ServiceType
{
    /// <summary>Node.js program.</summary>
    Nodejs,
    /// <summary>Bun program.</summary>
    Bun,
    /// <summary>Deno program.</summary>
    Deno,
    /// <summary>Python program.</summary>
    Python,
    /// <summary>.NET program in C#.</summary>
    Dotnet,
    /// <summary>.NET program in F#.</summary>
    Fsharp,
    /// <summary>.NET program in Visual Basic.</summary>
    Vb,
    /// <summary>Go program.</summary>
    Go,
    /// <summary>Java program.</summary>
    Java,
    /// <summary>Kotlin program.</summary>
    Kotlin,
    /// <summary>Scala program.</summary>
    Scala,
    /// <summary>Clojure program.</summary>
    Clojure,
    /// <summary>PHP program.</summary>
    Php,
    /// <summary>Ruby program.</summary>
    Ruby,
    /// <summary>Rust program.</summary>
    Rust,
    /// <summary>Elixir program.</summary>
    Elixir,
    /// <summary>Gleam program.</summary>
    Gleam,
    /// <summary>Haskell program.</summary>
    Haskell,
    /// <summary>Swift program.</summary>
    Swift,
    /// <summary>Crystal program.</summary>
    Crystal,
    /// <summary>Zig program.</summary>
    Zig,
    /// <summary>Dart program.</summary>
    Dart,
    /// <summary>C or C++ program.</summary>
    Cpp,
    /// <summary>COBOL program.</summary>
    Cobol,
    /// <summary>Scheme program.</summary>
    Scheme,
    /// <summary>Files served as they are, or built once and then served.</summary>
    Static,
    /// <summary>Started by a shell script.</summary>
    Shell,
    /// <summary>Described by its own Dockerfile and nothing more specific.</summary>
    Dockerfile,
    /// <summary>A ready image that is none of the known backing services.</summary>
    Image,
    /// <summary>Described by a person.</summary>
    Custom,
    /// <summary>PostgreSQL.</summary>
    Postgres,
    /// <summary>MySQL.</summary>
    Mysql,
    /// <summary>MariaDB.</summary>
    Mariadb,
    /// <summary>Microsoft SQL Server.</summary>
    Mssql,
    /// <summary>MongoDB.</summary>
    Mongodb,
    /// <summary>Redis or Valkey.</summary>
    Redis,
    /// <summary>RabbitMQ.</summary>
    Rabbitmq,
    /// <summary>Kafka or Redpanda.</summary>
    Kafka,
    /// <summary>Elasticsearch.</summary>
    Elasticsearch,
    /// <summary>memcached.</summary>
    Memcached,
    /// <summary>nginx as an image of its own.</summary>
    Nginx,
    /// <summary>MinIO.</summary>
    Minio,
    /// <summary>Cassandra.</summary>
    Cassandra,
    /// <summary>ClickHouse.</summary>
    Clickhouse,
}

/// <summary>Questions asked of a <see cref="ServiceType"/>.</summary>
public static class ServiceTypes
{
    /// <summary>True for databases, queues and the like: made from a ready image, keeping data in a volume.</summary>
    public static bool IsBacking(this ServiceType type) => type >= ServiceType.Postgres;

    /// <summary>The word stored in the database and printed as JSON.</summary>
    public static string Word(this ServiceType type) => type.ToString().ToLowerInvariant();
}
