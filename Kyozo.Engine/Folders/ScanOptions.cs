namespace Kyozo.Engine.Folders;

/// <summary>How much of a folder is looked at. What lies beyond a limit is listed as skipped, never silently left out.</summary>
public sealed record ScanOptions
{
    /// <summary>The limits that <c>kyozo detect</c> and the worker use.</summary>
    public static ScanOptions Default { get; } = new();

    /// <summary>Files listed at most.</summary>
    public int MaxFiles { get; init; } = 250_000;

    /// <summary>Folders below the root, counted from 1.</summary>
    public int MaxDepth { get; init; } = 32;

    /// <summary>A larger manifest or configuration file is not read.</summary>
    public long MaxManifestBytes { get; init; } = 2 * 1024 * 1024;

    /// <summary>A larger source file is not read: it is generated or bundled.</summary>
    public long MaxSourceBytes { get; init; } = 256 * 1024;

    /// <summary>Manifests and sources read together; shallow files come first.</summary>
    public long MaxTotalBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>Source files read at most; shallow files come first.</summary>
    public int MaxSourceFiles { get; init; } = 6_000;

    /// <summary>Rows in <see cref="FolderSnapshot.Skipped"/> at most; a last row counts the rest.</summary>
    public int MaxSkipped { get; init; } = 500;

    /// <summary>What an earlier scan of the folder read, or null: everything is read.</summary>
    public ScanCache? Cache { get; init; }

    /// <summary>The walk ends after this time with what it has.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(20);
}
