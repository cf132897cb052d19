using Kyozo.Data.Topology;
using Kyozo.Engine.Folders;
using Kyozo.Engine.Topology.Answers;

namespace Kyozo.Engine.Topology;

/// <summary>Scan and analysis in one, and neither when the last answer still holds.</summary>
public static class FolderDetection
{
    /// <summary>What the folder holds; the same with a cache, without, and with one of any age.</summary>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder itself cannot be listed.</exception>
    public static async Task<FolderTopology> DetectAsync(string root, ScanOptions options, CancellationToken cancellationToken)
    {
        if (options.Cache is not { } cache) return TopologyAnalyzer.Analyze(await FolderScanner.ScanAsync(root, options, cancellationToken));
        var known = AnswerFile.Read(cache.AnswerPath, cache.Root, options);
        if (known?.StillHolds(cache.Root, options, cancellationToken) == true) return known.Topology() with { Folder = root };

        var snapshot = await FolderScanner.ScanAsync(root, options, cancellationToken);
        var topology = TopologyAnalyzer.Analyze(snapshot);
        if (snapshot.Trace is { } trace && cache.IsWorth(trace.Files.Count)) AnswerFile.Write(cache.AnswerPath, cache.Root, options, KnownAnswer.Of(snapshot, trace, topology, known));
        return topology;
    }
}
