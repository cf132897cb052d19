namespace Kyozo.Engine.Folders;

/// <summary>
/// The one place where detection touches the disk: lists a folder and reads the files that say something about services.
/// Never follows a link (SAFETY M36), never opens what is not a regular file, never runs anything; every limit it meets is told in the snapshot.
/// </summary>
public static class FolderScanner
{
    const int WorthThreads = 200, AtOnce = 64;

    /// <summary>Takes the snapshot. The order on the disk does not matter: the same content gives the same snapshot.</summary>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder itself cannot be listed.</exception>
    public static async Task<FolderSnapshot> ScanAsync(string root, ScanOptions options, CancellationToken cancellationToken)
    {
        var full = Path.GetFullPath(root);
        if (!Directory.Exists(full)) throw new DirectoryNotFoundException($"There is no folder {root}.");

        var skipped = new SkippedList();
        var walk = new FolderWalk(full, options, skipped, cancellationToken);
        walk.Run();
        var chosen = Choose(walk, options, skipped);
        var wasEnough = await ReadAsync(full, chosen, options, skipped, cancellationToken);
        // On what a limit cut nothing can be built later.
        var trace = options.Cache is not null && walk.IsWhole && wasEnough ? new ScanTrace(walk.Folders, chosen) : null;
        options.Cache?.Save();
        return new()
        {
            Root = root,
            Name = Path.GetFileName(Path.TrimEndingDirectorySeparator(full)) is { Length: > 0 } name ? name : "root",
            Files = walk.InOrder(trace is not null),
            Skipped = skipped.ToList(options.MaxSkipped),
            Trace = trace,
        };
    }

    /// <summary>Decides from the names, shallow files first, which files are read, and up to which size.</summary>
    static List<WalkedFile> Choose(FolderWalk walk, ScanOptions options, SkippedList skipped)
    {
        var chosen = new List<WalkedFile>();
        var (sources, leftOut) = (0, 0);
        foreach (var file in walk.Promising)
        {
            if (file.Name.Interest == FileInterest.Level.Source && sources++ >= options.MaxSourceFiles)
            {
                leftOut++;
                continue;
            }
            file.Limit = file.Name.Interest == FileInterest.Level.Manifest ? options.MaxManifestBytes : options.MaxSourceBytes;
            chosen.Add(file);
        }
        if (leftOut > 0) skipped.Add(".", $"{leftOut} source files not read: more than {options.MaxSourceFiles}");
        return chosen;
    }

    /// <summary>False when there was more text than may be read.</summary>
    static async Task<bool> ReadAsync(string root, List<WalkedFile> chosen, ScanOptions options, SkippedList skipped, CancellationToken cancellationToken)
    {
        var left = options.MaxTotalBytes;
        // Threads pay only when there is something to share out.
        if (chosen.Count < WorthThreads) chosen.ForEach(ReadOne);
        else await Parallel.ForEachAsync(chosen.Chunk(AtOnce), new ParallelOptions { CancellationToken = cancellationToken, MaxDegreeOfParallelism = Environment.ProcessorCount }, (part, _) =>
        {
            Array.ForEach(part, ReadOne);
            return ValueTask.CompletedTask;
        });
        return left >= 0;

        void ReadOne(WalkedFile file)
        {
            var (relative, path) = (file.Path, Path.Combine(root, file.Path));
            // Before it is read: a change in between makes the stamp stale, not the text.
            var stamp = options.Cache is null ? null : RegularFile.Stamp(path);
            var (text, reason) = stamp is not null && stamp.Size <= file.Limit && options.Cache!.Find(relative, stamp) is { } known
                ? Interlocked.Add(ref left, -stamp.Size) < 0 ? (null, FileText.TooMuch) : (known, null)
                : FileText.Read(path, file.Limit, ref left);
            (file.Text, file.Stamp) = (text, options.Cache?.Trusted(stamp));
            if (text is not null && stamp is not null) options.Cache!.Keep(relative, stamp, text);
            if (reason is not null) skipped.Add(relative, reason);
        }
    }
}
