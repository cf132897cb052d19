using Kyozo.Data.Topology;

namespace Kyozo.Engine.Topology.Stating;

/// <summary>A topology that is being corrected: by <c>kyozo.yaml</c>, or by a person. Names stay unique, edges always join services that are there.</summary>
sealed class TopologyDraft(FolderTopology found)
{
    readonly List<DetectedService> _services = [.. found.Services];
    readonly List<DetectedDependency> _edges = [.. found.Dependencies];
    readonly List<string> _notes = [.. found.Notes];
    readonly HashSet<string> _scheduled = [.. found.Services.Select(one => one.Name).Where(name => found.Notes.Contains(StrategyAdvice.Scheduled(name)))];
    readonly List<SkippedPath> _skipped = [.. found.Skipped];

    public IReadOnlyList<DetectedService> Services => _services;

    public IReadOnlyList<DetectedDependency> Edges => _edges;

    public DetectedService? Named(string name) => _services.Find(one => one.Name == name);

    public void Note(string path, string reason)
    {
        var row = new SkippedPath(path, reason);
        if (!_skipped.Contains(row)) _skipped.Add(row);
    }

    /// <summary>Puts a service in the place of another (or adds it); edges follow its name, and whoever had that name gets another.</summary>
    public void Put(DetectedService? old, DetectedService now)
    {
        if (old?.Name != now.Name && Named(now.Name) is { } other) Put(other, other with { Name = Slug.Unique(other.Name, _services.Select(one => one.Name).Append(now.Name).ToHashSet(StringComparer.Ordinal)) });
        var place = old is null ? -1 : _services.FindIndex(one => one.Name == old.Name);
        if (place < 0) _services.Add(now);
        else _services[place] = now;
        if (old is null || old.Name == now.Name) return;
        if (_scheduled.Remove(old.Name))
        {
            _scheduled.Add(now.Name);
            _notes[_notes.IndexOf(StrategyAdvice.Scheduled(old.Name))] = StrategyAdvice.Scheduled(now.Name);
        }
        for (var i = 0; i < _edges.Count; i++)
        {
            _edges[i] = _edges[i] with { From = _edges[i].From == old.Name ? now.Name : _edges[i].From, To = _edges[i].To == old.Name ? now.Name : _edges[i].To };
        }
    }

    /// <summary>Takes a service out, with its edges.</summary>
    public void Remove(DetectedService service)
    {
        _services.RemoveAll(one => one.Name == service.Name);
        if (_scheduled.Remove(service.Name)) _notes.Remove(StrategyAdvice.Scheduled(service.Name));
        _edges.RemoveAll(edge => edge.From == service.Name || edge.To == service.Name);
    }

    public DetectedDependency? Edge(string from, string to) => _edges.Find(edge => edge.From == from && edge.To == to);

    /// <summary>Sets the edge between two services that are there; false when one is not.</summary>
    public bool Connect(DetectedDependency edge)
    {
        if (edge.From == edge.To || Named(edge.From) is null || Named(edge.To) is null) return false;
        _edges.RemoveAll(one => one.From == edge.From && one.To == edge.To);
        _edges.Add(edge);
        return true;
    }

    /// <summary>Changes the edges that lead to a service.</summary>
    public void ChangeEdgesTo(string service, Func<DetectedDependency, DetectedDependency> change)
    {
        for (var i = 0; i < _edges.Count; i++)
        {
            if (_edges[i].To == service) _edges[i] = change(_edges[i]);
        }
    }

    public bool Disconnect(string from, string to) => _edges.RemoveAll(edge => edge.From == from && edge.To == to) > 0;

    public void KeepEdges(Func<DetectedDependency, bool> kept) => _edges.RemoveAll(edge => !kept(edge));

    public FolderTopology ToTopology() => found with
    {
        // The analysis knows more reasons than the draft, as long as it is about the same services.
        Strategy = _services.Select(one => one.Type).Order().SequenceEqual(found.Services.Select(one => one.Type).Order()) ? found.Strategy
            : _scheduled.Count > 0 ? DeploymentStrategy.NeedsScheduler
            : StrategyAdvice.Together(_services, one => StrategyAdvice.IsOnlyFiles(one.Type, one.OutputPath, one.StartCommand)),
        Notes = _notes,
        Services = [.. _services.OrderBy(one => one.Path is null).ThenBy(one => one.Path, StringComparer.Ordinal).ThenBy(one => one.Name, StringComparer.Ordinal)],
        Dependencies = [.. _edges.OrderBy(edge => edge.From, StringComparer.Ordinal).ThenBy(edge => edge.To, StringComparer.Ordinal)],
        Skipped = [.. _skipped.OrderBy(one => one.Path, StringComparer.Ordinal).ThenBy(one => one.Reason, StringComparer.Ordinal)],
    };
}
