using System.Globalization;
using System.Text.RegularExpressions;
using Kyozo.Data.Topology;

namespace Kyozo.Engine.Deployments;

/// <summary>Where and as whom a service is reached from its workspace's network.</summary>
/// <param name="Host">Host name in the network: the service's name.</param>
/// <param name="Port">Port in the container, or null when it has none.</param>
public sealed record ConnectionTarget(string Host, int? Port)
{
    /// <summary>User name, or null where the server has none.</summary>
    public string? User { get; init; }

    /// <summary>Password, or null where the server has none.</summary>
    public string? Password { get; init; }

    /// <summary>Name of the database, or null where the server has none.</summary>
    public string? Database { get; init; }
}

/// <summary>Turns the template of an edge (<c>postgres://{user}:{password}@{host}:{port}/{database}</c>) into the value of a variable.</summary>
public static partial class ConnectionStrings
{
    /// <summary>The value; a placeholder that the target has nothing for becomes empty.</summary>
    public static string Fill(string template, ConnectionTarget target)
    {
        // In a URL a password may hold characters that mean something there.
        var url = template.Contains("://", StringComparison.Ordinal);
        string Escaped(string? value) => value is null ? "" : url ? Uri.EscapeDataString(value) : value;
        return Placeholder().Replace(template, match => match.Groups[1].Value switch
        {
            "host" => target.Host,
            "port" => target.Port?.ToString(CultureInfo.InvariantCulture) ?? "",
            "user" => Escaped(target.User),
            "password" => Escaped(target.Password),
            "database" => Escaped(target.Database),
            _ => match.Value,
        });
    }

    /// <summary>The template with the server's account put in where a folder wrote an address without one: the server that Kyozo runs has a password, the folder's did not.</summary>
    public static string WithAccount(string template, ConnectionTarget target)
    {
        if (target.Password is null || !template.Contains("://{host}", StringComparison.Ordinal)) return template;
        return template.Replace("://{host}", target.User is null ? "://:{password}@{host}" : "://{user}:{password}@{host}", StringComparison.Ordinal);
    }

    /// <summary>The template of an edge that names a variable and no template: the usual address of such a server.</summary>
    public static string DefaultTemplate(ServiceType type, ConnectionTarget target) => type switch
    {
        ServiceType.Postgres => "postgres://{user}:{password}@{host}:{port}/{database}",
        ServiceType.Mysql or ServiceType.Mariadb => "mysql://{user}:{password}@{host}:{port}/{database}",
        ServiceType.Mssql => "Server={host},{port};Database={database};User Id={user};Password={password};TrustServerCertificate=true",
        ServiceType.Mongodb => target.Password is null ? "mongodb://{host}:{port}/{database}" : "mongodb://{user}:{password}@{host}:{port}/{database}?authSource=admin",
        ServiceType.Redis => target.Password is null ? "redis://{host}:{port}" : "redis://:{password}@{host}:{port}",
        ServiceType.Rabbitmq => target.Password is null ? "amqp://{host}:{port}" : "amqp://{user}:{password}@{host}:{port}",
        ServiceType.Kafka or ServiceType.Memcached or ServiceType.Cassandra => "{host}:{port}",
        _ => target.Port is null ? "{host}" : "http://{host}:{port}",
    };

    [GeneratedRegex(@"\{(host|port|user|password|database)\}")]
    private static partial Regex Placeholder();
}
