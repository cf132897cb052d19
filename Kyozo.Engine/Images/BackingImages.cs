using Kyozo.Data.Topology;

namespace Kyozo.Engine.Images;

/// <summary>The backing services Kyozo can run by itself. Images run as their own user (999 by custom of their makers), so that no capability is needed.</summary>
public static class BackingImages
{
    const string OwnUser = "999:999";

    static readonly BackingImage[] All =
    [
        new()
        {
            Type = ServiceType.Postgres, BaseImage = "postgres", Port = 5432, DataPath = "/var/lib/postgresql/data", User = OwnUser,
            DefaultUser = "app", DefaultDatabase = "app", NeedsPassword = true,
            Environment = new Dictionary<string, string>
            {
                ["POSTGRES_USER"] = "{user}", ["POSTGRES_PASSWORD"] = "{password}", ["POSTGRES_DB"] = "{database}",
                ["POSTGRES_INITDB_ARGS"] = "--auth=scram-sha-256",
                // The volume's own top folder may hold what is not PostgreSQL's (lost+found).
                ["PGDATA"] = "/var/lib/postgresql/data/pgdata",
            },
            // By TCP: while the image prepares its database it listens on its socket only.
            HealthCommand = ["pg_isready", "-q", "-h", "127.0.0.1", "-U", "{user}", "-d", "{database}"],
            ConnectionTemplate = "postgres://{user}:{password}@{host}:{port}/{database}",
        },
        new()
        {
            Type = ServiceType.Redis, BaseImage = "redis", Port = 6379, DataPath = "/data", User = OwnUser, NeedsPassword = true,
            Command = ["redis-server", "--dir", "/data", "--appendonly", "yes", "--requirepass", "{password}"],
            Environment = new Dictionary<string, string> { ["REDISCLI_AUTH"] = "{password}" },
            HealthCommand = ["redis-cli", "-e", "ping"],
            ConnectionTemplate = "redis://:{password}@{host}:{port}", MemoryBytes = 256L << 20,
        },
        new()
        {
            Type = ServiceType.Mysql, BaseImage = "mysql", Port = 3306, DataPath = "/var/lib/mysql", User = OwnUser,
            DefaultUser = "app", DefaultDatabase = "app", NeedsPassword = true,
            Environment = new Dictionary<string, string>
            {
                ["MYSQL_USER"] = "{user}", ["MYSQL_PASSWORD"] = "{password}", ["MYSQL_DATABASE"] = "{database}", ["MYSQL_RANDOM_ROOT_PASSWORD"] = "yes",
                ["MYSQL_PWD"] = "{password}",
            },
            HealthCommand = ["mysqladmin", "ping", "--silent", "--protocol=tcp", "-h", "127.0.0.1", "-u", "{user}"],
            ConnectionTemplate = "mysql://{user}:{password}@{host}:{port}/{database}", MemoryBytes = 1L << 30,
        },
        new()
        {
            Type = ServiceType.Mariadb, BaseImage = "mariadb", Port = 3306, DataPath = "/var/lib/mysql", User = OwnUser,
            DefaultUser = "app", DefaultDatabase = "app", NeedsPassword = true,
            Environment = new Dictionary<string, string>
            {
                ["MARIADB_USER"] = "{user}", ["MARIADB_PASSWORD"] = "{password}", ["MARIADB_DATABASE"] = "{database}", ["MARIADB_RANDOM_ROOT_PASSWORD"] = "yes",
                ["MYSQL_PWD"] = "{password}",
            },
            HealthCommand = ["mariadb-admin", "ping", "--silent", "--protocol=tcp", "-h", "127.0.0.1", "-u", "{user}"],
            ConnectionTemplate = "mysql://{user}:{password}@{host}:{port}/{database}",
        },
        new()
        {
            Type = ServiceType.Mongodb, BaseImage = "mongodb", Port = 27017, DataPath = "/data/db", User = OwnUser,
            DefaultUser = "app", DefaultDatabase = "app", NeedsPassword = true,
            Environment = new Dictionary<string, string>
            {
                ["MONGO_INITDB_ROOT_USERNAME"] = "{user}", ["MONGO_INITDB_ROOT_PASSWORD"] = "{password}", ["MONGO_INITDB_DATABASE"] = "{database}",
            },
            ConnectionTemplate = "mongodb://{user}:{password}@{host}:{port}/{database}?authSource=admin", MemoryBytes = 1L << 30,
        },
        new()
        {
            Type = ServiceType.Rabbitmq, BaseImage = "rabbitmq", Port = 5672, DataPath = "/var/lib/rabbitmq", User = OwnUser,
            DefaultUser = "app", NeedsPassword = true,
            Environment = new Dictionary<string, string>
            {
                ["RABBITMQ_DEFAULT_USER"] = "{user}", ["RABBITMQ_DEFAULT_PASS"] = "{password}",
                // Its data lies in a folder named after its node: by the container's own name the next container would begin anew.
                ["RABBITMQ_NODENAME"] = "rabbit@localhost",
            },
            HealthCommand = ["rabbitmq-diagnostics", "-q", "check_port_connectivity"],
            ConnectionTemplate = "amqp://{user}:{password}@{host}:{port}",
        },
        new()
        {
            Type = ServiceType.Memcached, BaseImage = "memcached", Port = 11211, User = "11211:11211",
            ConnectionTemplate = "{host}:{port}", MemoryBytes = 128L << 20,
        },
        new()
        {
            Type = ServiceType.Nginx, BaseImage = "nginx", Port = 8080, User = "101:101", MemoryBytes = 128L << 20,
        },
        new()
        {
            Type = ServiceType.Elasticsearch, BaseImage = "elasticsearch", Port = 9200, DataPath = "/usr/share/elasticsearch/data", User = "1000:0",
            DefaultUser = "elastic", NeedsPassword = true,
            Environment = new Dictionary<string, string>
            {
                ["discovery.type"] = "single-node", ["ELASTIC_PASSWORD"] = "{password}", ["xpack.security.http.ssl.enabled"] = "false", ["ES_JAVA_OPTS"] = "-Xms512m -Xmx512m",
            },
            ConnectionTemplate = "http://{user}:{password}@{host}:{port}", MemoryBytes = 2L << 30,
        },
        new()
        {
            Type = ServiceType.Clickhouse, BaseImage = "clickhouse", Port = 8123, DataPath = "/var/lib/clickhouse", User = "101:101",
            DefaultUser = "app", DefaultDatabase = "app", NeedsPassword = true,
            Environment = new Dictionary<string, string>
            {
                ["CLICKHOUSE_USER"] = "{user}", ["CLICKHOUSE_PASSWORD"] = "{password}", ["CLICKHOUSE_DB"] = "{database}",
            },
            ConnectionTemplate = "http://{user}:{password}@{host}:{port}/{database}", MemoryBytes = 2L << 30,
        },
        new()
        {
            Type = ServiceType.Minio, BaseImage = "minio", Port = 9000, DataPath = "/data", User = "1000:1000",
            DefaultUser = "app", NeedsPassword = true, Command = ["server", "/data"],
            Environment = new Dictionary<string, string> { ["MINIO_ROOT_USER"] = "{user}", ["MINIO_ROOT_PASSWORD"] = "{password}" },
            ConnectionTemplate = "http://{host}:{port}",
        },
    ];

    static readonly Dictionary<ServiceType, BackingImage> ByType = All.ToDictionary(image => image.Type);

    /// <summary>How a backing service of that type is run; null when Kyozo does not know its image (name one in <c>image</c> then).</summary>
    public static BackingImage? Find(ServiceType type) => ByType.GetValueOrDefault(type);
}
