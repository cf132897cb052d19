using Kyozo.Data.ServiceInstances;
using Kyozo.Data.Topology;

namespace Kyozo.Engine.Images;

/// <summary>One service whose image is wanted: built from its folder, pulled, or taken from the catalogue for a backing service.</summary>
public sealed record BuildRequest
{
    /// <summary>Absolute folder of the workspace; nothing outside it is read.</summary>
    public required string WorkspaceRoot { get; init; }

    /// <summary>Unique in the installation; first part of the image's name.</summary>
    public required string WorkspaceSlug { get; init; }

    public required string ServiceName { get; init; }

    public required ServiceType ServiceType { get; init; }

    /// <summary>Relative to the workspace with a leading slash.</summary>
    public required string FolderPath { get; init; }

    public DeploymentConfig Config { get; init; } = new();

    /// <summary>Port the service listens on, or null for one that has none.</summary>
    public int? Port { get; init; }

    /// <summary>Labels of the image beside those that the builder sets.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();
}

/// <summary>An image ready to run.</summary>
/// <param name="ImageId"><c>sha256:…</c>; run this, not a tag that may move.</param>
/// <param name="ContentHash">Hash of everything that went into it, 64 hex digits: the same input has the same hash.</param>
/// <param name="Reused">True when it was there and nothing was built.</param>
public sealed record BuiltImage(string ImageId, string ContentHash, bool Reused);
