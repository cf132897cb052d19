using Kyozo.Data.Topology;
using Kyozo.Engine.Topology.Code;
using Kyozo.Engine.Topology.Compose;

namespace Kyozo.Engine.Topology;

/// <summary>A candidate that was kept, with its final name and what its text says.</summary>
sealed record Service(string Name, Candidate Candidate, CodeFacts Facts)
{
    /// <summary>What compose says about it, or null.</summary>
    public ComposeService? Compose { get; init; }

    public bool IsBacking => Candidate.Type.IsBacking();

    /// <summary>Names under which others may speak of it, compared by <see cref="Slug.Key"/>.</summary>
    public HashSet<string> Keys { get; } = new(StringComparer.Ordinal);
}
