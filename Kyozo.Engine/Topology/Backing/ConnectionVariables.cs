using Kyozo.Data.Topology;
using Kyozo.Engine.Topology.Code;

namespace Kyozo.Engine.Topology.Backing;

/// <summary>
/// Which variable a program reads to reach a backing service, and what must stand in it. A program that reads the parts one by one
/// (<c>DB_HOST</c>, <c>DB_USER</c> ...) gets a template of several lines: the first is the value of the edge's variable, each further one is <c>NAME=template</c>.
/// </summary>
static class ConnectionVariables
{
    /// <summary>A variable with its template and why it was chosen.</summary>
    internal sealed record Choice(string Name, string Template, Place? Place, bool Read);

    static readonly string[] Whole = ["URL", "URI", "DSN", "CONNECTION_STRING", "CONNECTIONSTRING", "CONN_STR", "CONN"];
    static readonly string[] HostOnly = ["HOST", "HOSTNAME", "SERVER"];
    static readonly string[] HostAndPort = ["ADDR", "ADDRESS", "ENDPOINT", "BROKERS", "BROKER", "BOOTSTRAP_SERVERS", "BOOTSTRAP_SERVER", "SERVERS", "NODES", "HOSTS"];

    static readonly (string Word, string Template)[] Parts =
        [("PORT", "{port}"), ("USERNAME", "{user}"), ("USER", "{user}"), ("PASSWORD", "{password}"), ("PASS", "{password}"), ("PASSWD", "{password}"), ("DATABASE", "{database}"), ("DB_NAME", "{database}"), ("DBNAME", "{database}"), ("NAME", "{database}"), ("DB", "{database}")];

    /// <summary>The best variable for a type, or null when the program reads none that fits.</summary>
    public static Choice? For(ServiceType type, Candidate service, CodeFacts facts)
    {
        if (service.Type is ServiceType.Dotnet or ServiceType.Fsharp or ServiceType.Vb && Dotnet(type, service) is { } dotnet) return dotnet;
        var uses = facts.Variables.OrderBy(use => use.FromFile).ToList();
        var byValue = uses.Find(use => Scheme(use.Value) is { } scheme && BackingCatalogue.OfScheme(scheme) is { } named && Same(named, type));
        if (byValue is not null)
        {
            var read = uses.Find(use => use.Name == byValue.Name && !use.FromFile);
            return new(byValue.Name, UrlTemplate(type, Scheme(byValue.Value)!), (read ?? byValue).Place, read is not null);
        }
        foreach (var words in Words(type))
        {
            if (uses.Find(use => Matches(use.Name, words, Whole) || use.Name.Equals(words, StringComparison.OrdinalIgnoreCase) && words is not ("DB" or "DATABASE" or "PG")) is { } whole) return new(whole.Name, UrlTemplate(type, null), whole.Place, !whole.FromFile);
        }
        foreach (var words in Words(type))
        {
            if (uses.Find(use => Matches(use.Name, words, HostAndPort)) is { } address) return new(address.Name, "{host}:{port}", address.Place, !address.FromFile);
            if (uses.Find(use => Matches(use.Name, words, HostOnly)) is { } host) return new(host.Name, WithParts(host.Name, uses), host.Place, !host.FromFile);
        }
        return ByConvention(type, service);
    }

    /// <summary>The address of a type in the form most clients take.</summary>
    public static string UrlTemplate(ServiceType type, string? scheme) => type switch
    {
        ServiceType.Postgres => $"{(scheme is null or "postgresql" or "postgres" ? scheme ?? "postgres" : scheme)}://{{user}}:{{password}}@{{host}}:{{port}}/{{database}}",
        ServiceType.Mysql or ServiceType.Mariadb => $"{scheme ?? "mysql"}://{{user}}:{{password}}@{{host}}:{{port}}/{{database}}",
        ServiceType.Mongodb => "mongodb://{user}:{password}@{host}:{port}/{database}?authSource=admin",
        ServiceType.Redis => "redis://:{password}@{host}:{port}",
        ServiceType.Rabbitmq => "amqp://{user}:{password}@{host}:{port}",
        ServiceType.Mssql => "Server={host},{port};Database={database};User Id={user};Password={password};TrustServerCertificate=true",
        ServiceType.Kafka or ServiceType.Memcached or ServiceType.Cassandra => "{host}:{port}",
        _ => "http://{host}:{port}",
    };

    /// <summary>ASP.NET Core reads <c>ConnectionStrings:Name</c> from the variable <c>ConnectionStrings__Name</c>.</summary>
    static Choice? Dotnet(ServiceType type, Candidate service)
    {
        foreach (var file in service.Folder.Files.Where(file => file.Name.StartsWith("appsettings", StringComparison.OrdinalIgnoreCase)))
        {
            if (service.Folder.Index.Json(file) is not { ValueKind: System.Text.Json.JsonValueKind.Object } settings || !settings.TryGetProperty("ConnectionStrings", out var strings) || strings.ValueKind != System.Text.Json.JsonValueKind.Object) continue;
            foreach (var entry in strings.EnumerateObject())
            {
                if (entry.Value.ValueKind != System.Text.Json.JsonValueKind.String || !Fits(type, entry.Name, entry.Value.GetString()!)) continue;
                return new($"ConnectionStrings__{entry.Name}", AdoTemplate(type), new(file.Path, Reading.TextLines.LineOf(file, $"\"{entry.Name}\"") ?? 1), Read: true);
            }
        }
        return null;

        static bool Fits(ServiceType type, string name, string value) => type switch
        {
            ServiceType.Postgres => value.Contains("Host=", StringComparison.OrdinalIgnoreCase) || value.Contains("5432", StringComparison.Ordinal) || value.Contains("Username=", StringComparison.OrdinalIgnoreCase),
            ServiceType.Mssql => value.Contains("Server=", StringComparison.OrdinalIgnoreCase) && !value.Contains("3306", StringComparison.Ordinal) || value.Contains("Initial Catalog", StringComparison.OrdinalIgnoreCase) || value.Contains("Data Source", StringComparison.OrdinalIgnoreCase) && !value.Contains(".db", StringComparison.Ordinal),
            ServiceType.Mysql or ServiceType.Mariadb => value.Contains("Server=", StringComparison.OrdinalIgnoreCase) || value.Contains("3306", StringComparison.Ordinal),
            ServiceType.Redis => value.Contains("6379", StringComparison.Ordinal) || name.Contains("redis", StringComparison.OrdinalIgnoreCase) || name.Contains("cache", StringComparison.OrdinalIgnoreCase),
            ServiceType.Mongodb => value.StartsWith("mongodb", StringComparison.OrdinalIgnoreCase),
            ServiceType.Rabbitmq => value.StartsWith("amqp", StringComparison.OrdinalIgnoreCase) || name.Contains("rabbit", StringComparison.OrdinalIgnoreCase),
            _ => false,
        };

        static string AdoTemplate(ServiceType type) => type switch
        {
            ServiceType.Postgres => "Host={host};Port={port};Database={database};Username={user};Password={password}",
            ServiceType.Mysql or ServiceType.Mariadb => "Server={host};Port={port};Database={database};User={user};Password={password}",
            ServiceType.Redis => "{host}:{port},password={password}",
            _ => UrlTemplate(type, null),
        };
    }

    /// <summary>Variables that a framework or library reads by itself.</summary>
    static Choice? ByConvention(ServiceType type, Candidate service) => (service.Uses("django") ? "django" : service.Framework, type) switch
    {
        ("rails", ServiceType.Postgres or ServiceType.Mysql or ServiceType.Mariadb) => new("DATABASE_URL", UrlTemplate(type, type == ServiceType.Postgres ? null : "mysql2"), null, Read: true),
        ("rails" or "sidekiq", ServiceType.Redis) => new("REDIS_URL", UrlTemplate(type, null), null, Read: true),
        ("django", ServiceType.Postgres or ServiceType.Mysql) when service.UsesAny("dj-database-url", "django-environ", "environs") => new("DATABASE_URL", UrlTemplate(type, null), null, Read: true),
        ("laravel", ServiceType.Redis) => new("REDIS_URL", UrlTemplate(type, null), null, Read: true),
        ("laravel", ServiceType.Postgres or ServiceType.Mysql or ServiceType.Mariadb) => new("DB_URL", UrlTemplate(type, null), null, Read: true),
        ("spring-boot", ServiceType.Postgres) => new("SPRING_DATASOURCE_URL", "jdbc:postgresql://{host}:{port}/{database}?user={user}&password={password}", null, Read: true),
        ("spring-boot", ServiceType.Mysql or ServiceType.Mariadb) => new("SPRING_DATASOURCE_URL", "jdbc:mysql://{host}:{port}/{database}?user={user}&password={password}", null, Read: true),
        ("spring-boot", ServiceType.Mongodb) => new("SPRING_DATA_MONGODB_URI", UrlTemplate(type, null), null, Read: true),
        ("spring-boot", ServiceType.Redis) => new("SPRING_DATA_REDIS_URL", UrlTemplate(type, null), null, Read: true),
        ("spring-boot", ServiceType.Rabbitmq) => new("SPRING_RABBITMQ_ADDRESSES", UrlTemplate(type, null), null, Read: true),
        ("spring-boot", ServiceType.Kafka) => new("SPRING_KAFKA_BOOTSTRAP_SERVERS", "{host}:{port}", null, Read: true),
        _ => null,
    };

    static string WithParts(string host, List<VariableUse> uses)
    {
        var stem = host[..(host.LastIndexOf('_') + 1)];
        if (stem.Length == 0) stem = host.StartsWith("PG", StringComparison.Ordinal) ? "PG" : "";
        var template = "{host}";
        if (stem.Length == 0) return template;
        var given = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (word, value) in Parts)
        {
            var name = uses.Find(use => use.Name.Equals(stem + word, StringComparison.OrdinalIgnoreCase) || use.Name.Equals($"{stem}{word}", StringComparison.Ordinal))?.Name;
            if (name is not null && given.Add(name)) template += $"\n{name}={value}";
        }
        return template;
    }

    static IEnumerable<string> Words(ServiceType type) => type switch
    {
        ServiceType.Postgres => ["POSTGRES", "POSTGRESQL", "PG", "DATABASE", "DB", "SQLALCHEMY_DATABASE", "SQL"],
        ServiceType.Mysql or ServiceType.Mariadb => ["MYSQL", "MARIADB", "DATABASE", "DB", "SQLALCHEMY_DATABASE", "SQL"],
        ServiceType.Mssql => ["MSSQL", "SQLSERVER", "SQL_SERVER", "SQL", "DATABASE", "DB"],
        ServiceType.Mongodb => ["MONGODB", "MONGO", "MONGO_DB", "DATABASE", "DB"],
        ServiceType.Redis => ["REDIS", "REDIS_CACHE", "CACHE", "CELERY_BROKER", "BROKER", "QUEUE", "VALKEY"],
        ServiceType.Rabbitmq => ["RABBITMQ", "RABBIT", "AMQP", "CLOUDAMQP", "CELERY_BROKER", "BROKER", "QUEUE", "MQ"],
        ServiceType.Kafka => ["KAFKA", "KAFKA_BROKER", "KAFKA_BOOTSTRAP"],
        ServiceType.Elasticsearch => ["ELASTICSEARCH", "ELASTIC", "ES", "ELASTIC_SEARCH"],
        ServiceType.Memcached => ["MEMCACHED", "MEMCACHE"],
        ServiceType.Minio => ["MINIO", "S3"],
        ServiceType.Cassandra => ["CASSANDRA"],
        ServiceType.Clickhouse => ["CLICKHOUSE"],
        _ => [],
    };

    static bool Matches(string name, string stem, string[] endings) =>
        name.StartsWith(stem, StringComparison.OrdinalIgnoreCase) && endings.Any(ending => name.Length == stem.Length + ending.Length + (name.Length > stem.Length && name[stem.Length] == '_' ? 1 : 0) && name.EndsWith(ending, StringComparison.OrdinalIgnoreCase));

    static string? Scheme(string? value) => value?.IndexOf("://", StringComparison.Ordinal) is > 0 and var at ? value[..at] : null;

    static bool Same(ServiceType a, ServiceType b) => a == b || a is ServiceType.Mysql or ServiceType.Mariadb && b is ServiceType.Mysql or ServiceType.Mariadb;
}
