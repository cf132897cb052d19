using Kyozo.Data.Topology;

namespace Kyozo.Engine.Topology.Backing;

/// <summary>What tells a backing service: its images, the schemes of its addresses, its port.</summary>
static class BackingCatalogue
{
    /// <summary>Last part of an image's name → type. Tools around a database (clients, exporters, dashboards) are deliberately not here.</summary>
    static readonly Dictionary<string, Row> Images = Table(
    [
        new(ServiceType.Postgres, ["postgres", "postgresql", "pgvector", "postgis", "timescaledb", "timescaledb-ha", "pgvecto-rs", "postgresql-repmgr", "vchord-postgres", "vchord-suite", "postgres-ssl", "paradedb", "alloydbomni"]),
        new(ServiceType.Mysql, ["mysql", "mysql-server", "percona", "percona-server"]),
        new(ServiceType.Mariadb, ["mariadb", "mariadb-galera"]),
        new(ServiceType.Mongodb, ["mongo", "mongodb", "mongodb-community-server", "percona-server-mongodb"]),
        new(ServiceType.Redis, ["redis", "redis-stack", "redis-stack-server", "valkey", "keydb", "redismod", "dragonfly"]),
        new(ServiceType.Rabbitmq, ["rabbitmq"]),
        new(ServiceType.Kafka, ["kafka", "kafka-native", "cp-kafka", "cp-server", "redpanda"]),
        new(ServiceType.Elasticsearch, ["elasticsearch"]),
        new(ServiceType.Memcached, ["memcached"]),
        new(ServiceType.Mssql, ["azure-sql-edge", "mssql-server"]),
        new(ServiceType.Nginx, ["nginx", "nginx-unprivileged"]),
        new(ServiceType.Minio, ["minio"]),
        new(ServiceType.Cassandra, ["cassandra"]),
        new(ServiceType.Clickhouse, ["clickhouse", "clickhouse-server"]),
    ]);

    static readonly Dictionary<string, Row> Schemes = Table(
    [
        new(ServiceType.Postgres, ["postgres", "postgresql"]),
        new(ServiceType.Mysql, ["mysql", "mysql2"]),
        new(ServiceType.Mariadb, ["mariadb"]),
        new(ServiceType.Mongodb, ["mongodb"]),
        new(ServiceType.Redis, ["redis", "rediss"]),
        new(ServiceType.Rabbitmq, ["amqp", "amqps"]),
        new(ServiceType.Kafka, ["kafka"]),
        new(ServiceType.Memcached, ["memcached"]),
        new(ServiceType.Clickhouse, ["clickhouse"]),
        new(ServiceType.Mssql, ["sqlserver"]),
    ]);

    /// <summary>The type of an image, and <see cref="ServiceType.Image"/> when it is none of the known ones.</summary>
    public static ServiceType OfImage(string image)
    {
        var name = image.Split('@')[0];
        if (name.LastIndexOf(':') is var colon && colon > name.LastIndexOf('/')) name = name[..colon];
        if (name.EndsWith("mssql/server", StringComparison.OrdinalIgnoreCase)) return ServiceType.Mssql;
        if (name.EndsWith("supabase/postgres", StringComparison.OrdinalIgnoreCase)) return ServiceType.Postgres;
        return Images.GetValueOrDefault(Paths.Last(name))?.Type ?? ServiceType.Image;
    }

    /// <summary>Tag of an image without what follows the version, or null.</summary>
    public static string? VersionOf(string image)
    {
        var name = image.Split('@')[0];
        if (name.LastIndexOf(':') is var colon && colon < 0 || colon < name.LastIndexOf('/')) return null;
        var tag = name[(colon + 1)..].Split('-')[0];
        return tag.Length > 0 && char.IsAsciiDigit(tag[0]) ? tag : null;
    }

    /// <summary>The type that an address's scheme names (<c>postgresql+asyncpg</c> counts as <c>postgresql</c>), or null.</summary>
    public static ServiceType? OfScheme(string scheme) => Schemes.GetValueOrDefault(scheme.Split('+')[0])?.Type;

    /// <summary>Port on which the type answers by convention.</summary>
    public static int? PortOf(ServiceType type) => type switch
    {
        ServiceType.Postgres => 5432,
        ServiceType.Mysql or ServiceType.Mariadb => 3306,
        ServiceType.Mssql => 1433,
        ServiceType.Mongodb => 27017,
        ServiceType.Redis => 6379,
        ServiceType.Rabbitmq => 5672,
        ServiceType.Kafka => 9092,
        ServiceType.Elasticsearch => 9200,
        ServiceType.Memcached => 11211,
        ServiceType.Nginx => 80,
        ServiceType.Minio => 9000,
        ServiceType.Cassandra => 9042,
        ServiceType.Clickhouse => 8123,
        _ => null,
    };

    /// <summary>True for a port that belongs to a backing service and is no program's own.</summary>
    public static bool IsBackingPort(int port) => port is 5432 or 3306 or 1433 or 27017 or 6379 or 5672 or 15672 or 9092 or 9200 or 11211 or 9042 or 2181;

    // A reference type on purpose: the runtime has its generic code ready made.
    sealed record Row(ServiceType Type, string[] Names);

    static Dictionary<string, Row> Table(Row[] rows)
    {
        var table = new Dictionary<string, Row>(StringComparer.OrdinalIgnoreCase);
        foreach (var row in rows)
        {
            foreach (var name in row.Names) table.Add(name, row);
        }
        return table;
    }
}
