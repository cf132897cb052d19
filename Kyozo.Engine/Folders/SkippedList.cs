using Kyozo.Data.Topology;

namespace Kyozo.Engine.Folders;

/// <summary>Collects from several threads, hands out in order.</summary>
sealed class SkippedList
{
    readonly List<SkippedPath> _rows = [];

    public void Add(string path, string reason)
    {
        lock (_rows) _rows.Add(new(path, reason));
    }

    public List<SkippedPath> ToList(int limit)
    {
        var sorted = _rows.OrderBy(row => row.Path, StringComparer.Ordinal).ThenBy(row => row.Reason, StringComparer.Ordinal).ToList();
        if (sorted.Count <= limit) return sorted;
        return [.. sorted.Take(limit), new(".", $"and {sorted.Count - limit} more paths")];
    }
}
