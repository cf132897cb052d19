namespace Kyozo.Engine.Images;

/// <summary>One image that services are built on or run from.</summary>
/// <param name="Name">Name in the catalogue: <c>node</c>.</param>
/// <param name="Registry">Pinned reference in the public registry.</param>
/// <param name="LocalVersion">Version when made here; null when that cannot be.</param>
public sealed record BaseImage(string Name, string Registry, string? LocalVersion)
{
    /// <summary>Tag of the image made here, or null.</summary>
    public string? Local => LocalVersion is null ? null : $"kyozo/base-{Name}:{LocalVersion}";

    /// <summary>What it is for, in a few words.</summary>
    public required string Purpose { get; init; }

    /// <summary>What the image made here is made from.</summary>
    public BaseImageSource Source { get; init; } = BaseImageSource.Debian;

    /// <summary>Name of the image that serves where this one can neither be pulled nor made; null where none does.</summary>
    public string? Otherwise { get; init; }
}

/// <summary>What an image made here is made from; all stand on Kyozo's own Debian.</summary>
public enum BaseImageSource
{
    /// <summary>Debian's packages.</summary>
    Debian,
    /// <summary>A program that npm's registry carries.</summary>
    Npm,
    /// <summary>The .NET SDK that Kyozo itself runs on.</summary>
    HostDotnet,
}

/// <summary>The catalogue of base images: one place for every version Kyozo builds on.</summary>
public static class BaseImages
{
    /// <summary>The release behind <c>debian</c> and everything made from its packages.</summary>
    public const string DebianRelease = "bookworm";

    /// <summary>Every image, by name.</summary>
    public static IReadOnlyDictionary<string, BaseImage> All { get; } = new BaseImage[]
    {
        new("debian", "debian:bookworm-slim", "12") { Purpose = "base of the others" },
        new("node", "node:22-bookworm-slim", "22") { Purpose = "Node.js", Source = BaseImageSource.Npm, Otherwise = "node-debian" },
        new("node-debian", "node:18-bookworm-slim", "18") { Purpose = "Node.js without npm's registry" },
        new("python", "python:3.12-slim-bookworm", "3.11") { Purpose = "Python" },
        new("static", "nginx:1.28-bookworm", "1.22") { Purpose = "static files behind nginx" },
        new("postgres", "postgres:15-bookworm", "15") { Purpose = "PostgreSQL" },
        new("redis", "redis:7.4-bookworm", "7.0") { Purpose = "Redis" },
        new("memcached", "memcached:1.6-bookworm", "1.6") { Purpose = "memcached" },
        new("go", "golang:1.25-bookworm", "1.19") { Purpose = "Go" },
        new("ruby", "ruby:3.4-bookworm", "3.1") { Purpose = "Ruby" },
        new("php", "php:8.4-apache-bookworm", "8.2") { Purpose = "PHP with Apache" },
        new("composer", "composer:2", "2.5") { Purpose = "PHP's package manager" },
        new("maven", "maven:3.9-eclipse-temurin-21", "17") { Purpose = "building Java" },
        new("java", "eclipse-temurin:21-jre", "17") { Purpose = "Java" },
        new("dotnet-sdk", "mcr.microsoft.com/dotnet/sdk:10.0", "10.0") { Purpose = "building .NET", Source = BaseImageSource.HostDotnet },
        new("dotnet", "mcr.microsoft.com/dotnet/aspnet:10.0", "10.0") { Purpose = ".NET", Source = BaseImageSource.HostDotnet },
        new("bun", "oven/bun:1.2-slim", "1.2") { Purpose = "Bun", Source = BaseImageSource.Npm },
        new("deno", "denoland/deno:debian-2.4.5", "2") { Purpose = "Deno", Source = BaseImageSource.Npm },
        new("rust", "rust:1.89-slim-bookworm", "1.63") { Purpose = "building Rust" },
        new("mysql", "mysql:8.4", null) { Purpose = "MySQL" },
        new("mariadb", "mariadb:11.4", "10.11") { Purpose = "MariaDB" },
        new("mongodb", "mongo:8.0", null) { Purpose = "MongoDB" },
        new("rabbitmq", "rabbitmq:4.1", "3.10") { Purpose = "RabbitMQ" },
        new("nginx", "nginxinc/nginx-unprivileged:1.28", null) { Purpose = "nginx" },
        new("elasticsearch", "docker.elastic.co/elasticsearch/elasticsearch:8.19.3", null) { Purpose = "Elasticsearch" },
        new("clickhouse", "clickhouse/clickhouse-server:25.8", null) { Purpose = "ClickHouse" },
        new("minio", "minio/minio:RELEASE.2025-07-23T15-54-02Z", null) { Purpose = "object storage" },
    }.ToDictionary(image => image.Name);

    /// <summary>What <c>kyozo images bootstrap</c> makes when nothing is named.</summary>
    public static IReadOnlyList<string> Usual { get; } = ["debian", "node", "python", "static", "postgres", "redis"];

    /// <summary>The image of that name.</summary>
    /// <exception cref="BaseImageUnavailableException">The catalogue has none.</exception>
    public static BaseImage Get(string name) => All.TryGetValue(name, out var image)
        ? image
        : throw new BaseImageUnavailableException(name, $"There is no base image '{name}'. There are: {string.Join(", ", All.Keys)}.");
}

/// <summary>A base image is not to be had: the message says why and what to do.</summary>
public sealed class BaseImageUnavailableException(string name, string message, Exception? inner = null) : Exception(message, inner)
{
    public string Name { get; } = name;
}
