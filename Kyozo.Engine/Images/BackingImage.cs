using Kyozo.Data.Topology;

namespace Kyozo.Engine.Images;

/// <summary>How a backing service is run: the facts about its image that no folder tells. Templates hold {user}, {password} and {database}.</summary>
public sealed record BackingImage
{
    public required ServiceType Type { get; init; }

    /// <summary>Name in the catalogue (<see cref="BaseImages"/>).</summary>
    public required string BaseImage { get; init; }

    /// <summary>Port it listens on in its container.</summary>
    public required int Port { get; init; }

    /// <summary>Where its data lies: the place of its volume; null when it keeps none.</summary>
    public string? DataPath { get; init; }

    /// <summary>Arguments in place of the image's command; empty keeps it.</summary>
    public IReadOnlyList<string> Command { get; init; } = [];

    /// <summary>Variables of the container.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>Program and arguments of the check that it is ready, run in its container; empty: a connection to <see cref="Port"/> is the check.</summary>
    public IReadOnlyList<string> HealthCommand { get; init; } = [];

    /// <summary>Capabilities it cannot do without; most images run as their own user and need none.</summary>
    public IReadOnlyList<string> Capabilities { get; init; } = [];

    /// <summary>Numeric <c>user:group</c>, or null for the image's own.</summary>
    public string? User { get; init; }

    /// <summary>Name of the account to make; null when the service knows no accounts.</summary>
    public string? DefaultUser { get; init; }

    /// <summary>Name of the database to make; null when the service knows no databases.</summary>
    public string? DefaultDatabase { get; init; }

    /// <summary>True when a password is to be generated (letters and digits only: it becomes part of addresses).</summary>
    public bool NeedsPassword { get; init; }

    /// <summary>Address given to services that name no template of their own, with {host} and {port}; null when there is no usual form.</summary>
    public string? ConnectionTemplate { get; init; }

    /// <summary>Memory it needs to start; smaller limits are refused by it, not by us.</summary>
    public long MemoryBytes { get; init; } = 512L << 20;
}

/// <summary>Account of a backing service.</summary>
public sealed record BackingCredentials(string User, string Password, string Database)
{
    /// <summary>The template with {user}, {password} and {database} put in.</summary>
    public string Expand(string template) => template
        .Replace("{user}", User, StringComparison.Ordinal)
        .Replace("{password}", Password, StringComparison.Ordinal)
        .Replace("{database}", Database, StringComparison.Ordinal);

    /// <summary>Every value of the templates expanded.</summary>
    public IReadOnlyDictionary<string, string> Expand(IReadOnlyDictionary<string, string> templates) =>
        templates.ToDictionary(template => template.Key, template => Expand(template.Value));

    /// <summary>Every argument expanded; each stays one argument, whatever is in it.</summary>
    public IReadOnlyList<string> Expand(IReadOnlyList<string> templates) => [.. templates.Select(Expand)];

    // Records print their members: this one must not end in a log.
    public override string ToString() => $"{nameof(BackingCredentials)} of {User}";
}
