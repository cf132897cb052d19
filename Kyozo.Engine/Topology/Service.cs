using Kyozo.Data.Topology;
using Kyozo.Engine.Topology.Code;
using Kyozo.Engine.Topology.Compose;

namespace Kyozo.Engine.Topology;

/// <summary>A candidate that was kept, with its final name and what its text says.</summary>
sealed record Service(string Name, Candidate Candidate, CodeFacts Facts)
{
    /// <summary>What compose says about it, or null.</summary>
    public ComposeService? Compose { get; init; }

    /// <summary>A database, queue or the like, own image or ready one. A web server built from a folder is a program: it sends requests on.</summary>
    public bool IsBacking => Candidate.Type.IsBacking() && (Candidate.Type != ServiceType.Nginx || Candidate.Dockerfile is null);

    /// <summary>Runs a ready image: there is no text of its own to read.</summary>
    public bool IsReady => Candidate.Image is not null || IsBacking;

    /// <summary>Names under which others may speak of it, compared by <see cref="Slug.Key"/>.</summary>
    public HashSet<string> Keys { get; } = new(StringComparer.Ordinal);
}
