using Kyozo.Data.Topology;
using Kyozo.Engine.Topology.Reading;

namespace Kyozo.Engine.Topology.Backing;

/// <summary>An add-on that a program gets on Heroku, as far as it is a backing service.</summary>
sealed record HerokuAddon(ServiceType Type, string Name, string File, int? Line);

/// <summary>The add-ons that app.json and heroku.yml ask for: the platform starts them with the program.</summary>
static class HerokuAddons
{
    /// <summary>What add-ons are called at their beginning → what they are.</summary>
    static readonly (string Prefix, ServiceType Type)[] Known =
    [
        ("heroku-postgresql", ServiceType.Postgres), ("crunchybridge", ServiceType.Postgres), ("neon", ServiceType.Postgres), ("stackhero-postgresql", ServiceType.Postgres),
        ("jawsdb-maria", ServiceType.Mariadb), ("jawsdb", ServiceType.Mysql), ("cleardb", ServiceType.Mysql), ("stackhero-mysql", ServiceType.Mysql), ("stackhero-mariadb", ServiceType.Mariadb),
        ("heroku-redis", ServiceType.Redis), ("rediscloud", ServiceType.Redis), ("redistogo", ServiceType.Redis), ("openredis", ServiceType.Redis), ("redisgreen", ServiceType.Redis), ("stackhero-redis", ServiceType.Redis), ("upstash-redis", ServiceType.Redis), ("heroku-key-value-store", ServiceType.Redis),
        ("mongolab", ServiceType.Mongodb), ("mongohq", ServiceType.Mongodb), ("ormongo", ServiceType.Mongodb), ("stackhero-mongodb", ServiceType.Mongodb),
        ("cloudamqp", ServiceType.Rabbitmq), ("rabbitmq-bigwig", ServiceType.Rabbitmq), ("stackhero-rabbitmq", ServiceType.Rabbitmq), ("heroku-kafka", ServiceType.Kafka), ("cloudkarafka", ServiceType.Kafka),
        ("bonsai", ServiceType.Elasticsearch), ("searchbox", ServiceType.Elasticsearch), ("foundelasticsearch", ServiceType.Elasticsearch), ("stackhero-elasticsearch", ServiceType.Elasticsearch), ("memcachier", ServiceType.Memcached), ("memcachedcloud", ServiceType.Memcached), ("mssql", ServiceType.Mssql),
    ];

    /// <summary>The add-ons of a folder; each kind once.</summary>
    public static IEnumerable<HerokuAddon> Of(Folder folder) => Named(folder).DistinctBy(addon => addon.Type);

    static IEnumerable<HerokuAddon> Named(Folder folder)
    {
        if (folder.File("app.json") is { } manifest && folder.Index.Json(manifest) is { } app)
        {
            foreach (var addon in app.At("addons").Items())
            {
                var plan = addon.ValueKind == System.Text.Json.JsonValueKind.String ? addon.GetString() : addon.Text("plan");
                if (TypeOf(plan) is { } type) yield return new(type, plan!, manifest.Path, manifest.LineOf(plan!));
            }
        }
        if (folder.File("heroku.yml") is { } file && folder.Index.Yaml(file)?["setup"]?["addons"] is { } addons)
        {
            foreach (var addon in addons.Items)
            {
                var plan = addon.Scalar ?? addon["plan"]?.Scalar;
                if (TypeOf(plan) is { } type) yield return new(type, plan!, file.Path, addon.Line);
            }
        }
    }

    static ServiceType? TypeOf(string? plan)
    {
        foreach (var (prefix, type) in Known)
        {
            if (plan?.StartsWith(prefix, StringComparison.Ordinal) == true) return type;
        }
        return null;
    }
}
