using Kyozo.Data.Topology;
using Kyozo.Engine.Folders;
using Kyozo.Engine.Topology.Code;
using Kyozo.Engine.Topology.Reading;

namespace Kyozo.Engine.Topology.Backing;

/// <summary>A type of backing service with what speaks for it.</summary>
sealed record Need(ServiceType Type, List<Evidence> Evidence);

/// <summary>Which backing services a program needs: its client libraries, its configuration, the addresses it names.</summary>
static class BackingNeeds
{
    static bool IsRelational(ServiceType type) => type is ServiceType.Postgres or ServiceType.Mysql or ServiceType.Mariadb or ServiceType.Mssql;

    // A reference type on purpose, like all that goes through lists here: the runtime has its generic code ready made.
    sealed record Sighting(ServiceType Type, string File, int? Line, string Signal);

    /// <summary>Types with the evidence for each; only what is more likely than not.</summary>
    public static List<Need> Of(Candidate service, CodeFacts facts)
    {
        var needs = new List<Need>();
        void Add(ServiceType type, string file, int? line, string signal, double weight)
        {
            var need = needs.Find(one => one.Type == type);
            if (need is null) needs.Add(need = new(type, []));
            if (!need.Evidence.Exists(one => one.File == file && one.Signal == signal)) need.Evidence.Add(new(file, line, signal, weight));
        }

        var idle = IsIdleCable(service);
        foreach (var library in service.Libraries)
        {
            if (idle && library is { Ecosystem: "gem", Name: "redis" }) Add(ServiceType.Redis, library.File, library.Line, $"client library {library.Name}", Belief.WeakLibrary);
            else if (ClientLibraries.Of(library) is { } type) Add(type, library.File, library.Line, $"client library {library.Name}", Belief.ClientLibrary);
            else if (library is { Ecosystem: "pypi", Name: "amqp" }) Add(ServiceType.Rabbitmq, library.File, library.Line, "client library amqp", Belief.WeakLibrary);
        }
        var stated = Configured(service, facts).Where(one => !idle || Paths.Last(one.File) != "cable.yml").ToList();
        foreach (var (type, file, line, signal) in stated) Add(type, file, line, signal, Belief.Configuration);

        // Several relational drivers and one configuration: the configuration says which is meant.
        if (stated.Exists(one => IsRelational(one.Type)))
        {
            needs.RemoveAll(need => IsRelational(need.Type) && !stated.Exists(one => one.Type == need.Type) &&
                (need.Type == ServiceType.Mariadb && stated.Exists(one => one.Type == ServiceType.Mysql) || need.Evidence.TrueForAll(one => one.Weight < Belief.Configuration)));
        }
        // A database in memory beside other drivers: those are for profiles that somebody chooses, unless the configuration that always counts names one.
        if (service.UsesAny("h2", "hsqldb", "derby"))
            needs.RemoveAll(need => IsRelational(need.Type) && need.Evidence.TrueForAll(one => one.Weight < Belief.Configuration || IsOfProfile(one.File)));
        // The MySQL driver serves MariaDB too: one server is enough.
        if (needs.Exists(need => need.Type == ServiceType.Mariadb)) needs.RemoveAll(need => need.Type == ServiceType.Mysql);
        needs.RemoveAll(need => Belief.Of(need.Evidence) < 0.5);
        needs.Sort((a, b) => a.Type.CompareTo(b.Type));
        return needs;
    }

    /// <summary>Rails brings the client of Redis and its settings for live updates along; until something is broadcast or the client is named, nobody connects.</summary>
    static bool IsIdleCable(Candidate service) =>
        service.Framework == "rails" && !service.Folder.Below.Any(file => file.Extension is ".rb" or ".erb" && file.Name != "cable.yml" && (file.Mentions("Redis.") || file.Mentions("Redis::") || file.Mentions("redis_cache_store") || file.Mentions("REDIS_URL") || file.Mentions("turbo_stream_from") || file.Mentions("broadcast") || file.Mentions("< ApplicationCable::Channel")));

    /// <summary><c>application-mysql.properties</c>: read only when its profile is chosen. What is called after production counts all the same.</summary>
    static bool IsOfProfile(string path) =>
        Paths.Last(path) is var name && (name.StartsWith("application-", StringComparison.Ordinal) && !name.StartsWith("application-prod", StringComparison.Ordinal) && !name.StartsWith("application-docker", StringComparison.Ordinal));

    static IEnumerable<Sighting> Configured(Candidate service, CodeFacts facts)
    {
        foreach (var use in facts.Variables)
        {
            if (use.Value?.IndexOf("://", StringComparison.Ordinal) is > 0 and var at && BackingCatalogue.OfScheme(use.Value[..at]) is { } type) yield return new(type, use.Place.File, use.Place.Line, $"{use.Name} is an address {use.Value[..at]}://");
            if (use is { Name: "DB_CONNECTION" or "DB_DRIVER" or "DATABASE_CLIENT" or "DB_CLIENT" or "DB_TYPE", Value: { } driver } && Driver(driver) is { } named) yield return new(named, use.Place.File, use.Place.Line, $"{use.Name} is {driver}");
        }
        foreach (var address in facts.Addresses)
        {
            if (BackingCatalogue.OfScheme(address.Scheme) is { } type) yield return new(type, address.Place.File, address.Place.Line, $"address {address.Scheme}://{address.Host}");
        }
        // Of several kinds in one file somebody chooses: what is chosen stands elsewhere.
        foreach (var file in facts.Databases.GroupBy(use => use.Place.File, StringComparer.Ordinal))
        {
            if (file.Select(use => Driver(use.Kind)).OfType<ServiceType>().Distinct().Take(2).ToList() is [var only]) yield return new(only, file.Key, file.First().Place.Line, $"configuration {file.First().Kind}");
        }
        if (Array.Find(Kept, one => one.Framework == service.Framework) is { Framework: not null } kept && service.Evidence.Count > 0) yield return new(kept.Type, service.Evidence[0].File, null, $"{kept.Framework} keeps its data in {kept.Type.Word()}");
        foreach (var addon in HerokuAddons.Of(service.Folder)) yield return new(addon.Type, addon.File, addon.Line, $"add-on {addon.Name} of {Paths.Last(addon.File)}");
        foreach (var component in service.Folder.Index.DaprComponents.Where(component => component.IsUsedBy(service))) yield return new(component.Type, component.File, component.Line, $"component {component.Name} is {component.Kind}");
        // A front end is built with a package, but what the package does on a server it does not.
        var shared = service.OutputPath is null ? service.References.Where(path => !Paths.IsIn(service.Folder.Path, path)).SelectMany(service.Folder.Index.Below) : [];
        foreach (var file in service.Folder.Below.Concat(shared).Where(file => file.IsRead))
        {
            foreach (var found in InFile(file)) yield return found;
        }
    }

    static IEnumerable<Sighting> InFile(SnapshotFile file)
    {
        var signs = file.Name switch
        {
            "schema.prisma" => PrismaSigns,
            "database.yml" => RailsSigns,
            "settings.py" or "base.py" or "production.py" or "prod.py" => DjangoSigns,
            _ when file.Name.StartsWith("application", StringComparison.Ordinal) && file.Extension is ".properties" or ".yml" or ".yaml" or ".conf" => SpringSigns,
            "wp-config.php" or "wp-config-sample.php" => WordPressSigns,
            _ when file.Extension is ".exs" or ".ex" => EctoSigns,
            _ when file.Extension is ".php" => PhpSigns,
            _ when file.Extension is ".ts" => NestSigns,
            _ => [],
        };
        foreach (var (sign, type) in signs)
        {
            if (file.LineOf(sign) is { } line) yield return new(type, file.Path, line, $"configuration {sign.Trim()}");
        }
    }

    static readonly (string Sign, ServiceType Type)[] PrismaSigns =
        [("provider = \"postgresql\"", ServiceType.Postgres), ("provider = \"mysql\"", ServiceType.Mysql), ("provider = \"mongodb\"", ServiceType.Mongodb), ("provider = \"sqlserver\"", ServiceType.Mssql), ("provider = \"cockroachdb\"", ServiceType.Postgres)];

    static readonly (string Sign, ServiceType Type)[] RailsSigns = [("adapter: postgresql", ServiceType.Postgres), ("adapter: mysql2", ServiceType.Mysql), ("adapter: trilogy", ServiceType.Mysql), ("adapter: postgis", ServiceType.Postgres), ("adapter: sqlserver", ServiceType.Mssql)];

    static readonly (string Sign, ServiceType Type)[] DjangoSigns =
    [
        ("django.db.backends.postgresql", ServiceType.Postgres), ("django.contrib.gis.db.backends.postgis", ServiceType.Postgres), ("django.db.backends.mysql", ServiceType.Mysql), ("django_redis.cache.RedisCache", ServiceType.Redis), ("django.core.cache.backends.redis", ServiceType.Redis),
        ("django.core.cache.backends.memcached", ServiceType.Memcached), ("channels_redis", ServiceType.Redis),
    ];

    static readonly (string Sign, ServiceType Type)[] SpringSigns =
        [("jdbc:postgresql:", ServiceType.Postgres), ("jdbc:mysql:", ServiceType.Mysql), ("jdbc:mariadb:", ServiceType.Mariadb), ("jdbc:sqlserver:", ServiceType.Mssql), ("r2dbc:postgresql:", ServiceType.Postgres), ("spring.data.mongodb", ServiceType.Mongodb), ("spring.data.redis", ServiceType.Redis), ("spring.redis", ServiceType.Redis), ("spring.rabbitmq", ServiceType.Rabbitmq), ("spring.kafka", ServiceType.Kafka), ("db-kind=postgresql", ServiceType.Postgres), ("db-kind=mysql", ServiceType.Mysql)];

    /// <summary>PHP's own clients are part of the language: only the text says that one is used.</summary>
    static readonly (string Sign, ServiceType Type)[] PhpSigns =
    [
        ("mysqli_connect(", ServiceType.Mysql), ("new mysqli(", ServiceType.Mysql), ("mysql:host", ServiceType.Mysql), ("pgsql:host", ServiceType.Postgres), ("pg_connect(", ServiceType.Postgres), ("sqlsrv_connect(", ServiceType.Mssql), ("sqlsrv:Server", ServiceType.Mssql),
        ("new Redis(", ServiceType.Redis), ("new \\Redis(", ServiceType.Redis), ("new Memcached(", ServiceType.Memcached), ("new MongoDB\\", ServiceType.Mongodb),
    ];

    /// <summary>Transports of Nest microservices: the package of the broker is loaded by name only.</summary>
    static readonly (string Sign, ServiceType Type)[] NestSigns = [("Transport.RMQ", ServiceType.Rabbitmq), ("Transport.KAFKA", ServiceType.Kafka), ("Transport.REDIS", ServiceType.Redis)];

    static readonly (string Sign, ServiceType Type)[] WordPressSigns = [("DB_HOST", ServiceType.Mysql)];

    static readonly (string Sign, ServiceType Type)[] EctoSigns = [("Ecto.Adapters.Postgres", ServiceType.Postgres), ("Ecto.Adapters.MyXQL", ServiceType.Mysql), ("Ecto.Adapters.Tds", ServiceType.Mssql)];

    /// <summary>Programs that work with one kind of database only.</summary>
    static readonly (string Framework, ServiceType Type)[] Kept = [("wordpress", ServiceType.Mysql), ("magento", ServiceType.Mysql), ("medusa", ServiceType.Postgres)];

    static ServiceType? Driver(string driver) => driver.ToLowerInvariant() switch
    {
        "pgsql" or "postgres" or "postgresql" or "pg" => ServiceType.Postgres,
        "mysql" or "mysql2" => ServiceType.Mysql,
        "mariadb" => ServiceType.Mariadb,
        "mongodb" => ServiceType.Mongodb,
        "sqlsrv" or "mssql" or "sqlserver" => ServiceType.Mssql,
        _ => null,
    };
}
