namespace Kyozo.Engine.Folders;

/// <summary>
/// The one place where detection touches the disk: lists a folder and reads the files that say something about services.
/// Never follows a link (SAFETY M36), never opens what is not a regular file, never runs anything; every limit it meets is told in the snapshot.
/// </summary>
public static class FolderScanner
{
    const int WorthThreads = 200, AtOnce = 64;

    // A reference type on purpose: the runtime has its generic code ready made, that of own value types it would compile at every start.
    sealed record Chosen(WalkedFile File, long Limit);

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
        await ReadAsync(full, Choose(walk, options, skipped), options, skipped, cancellationToken);
        options.Cache?.Save();
        return new()
        {
            Root = root,
            Name = Path.GetFileName(Path.TrimEndingDirectorySeparator(full)) is { Length: > 0 } name ? name : "root",
            Files = walk.InOrder(),
            Skipped = skipped.ToList(options.MaxSkipped),
        };
    }

    /// <summary>Decides from the names, shallow files first, which files are read, and up to which size.</summary>
    static List<Chosen> Choose(FolderWalk walk, ScanOptions options, SkippedList skipped)
    {
        var chosen = new List<Chosen>();
        var (sources, leftOut) = (0, 0);
        foreach (var file in walk.Files)
        {
            if (file.Interest == FileInterest.Level.Manifest) chosen.Add(new(file, options.MaxManifestBytes));
            else if (file.Interest == FileInterest.Level.Source && sources++ < options.MaxSourceFiles) chosen.Add(new(file, options.MaxSourceBytes));
            else if (file.Interest == FileInterest.Level.Source) leftOut++;
        }
        if (leftOut > 0) skipped.Add(".", $"{leftOut} source files not read: more than {options.MaxSourceFiles}");
        return chosen;
    }

    static async Task ReadAsync(string root, List<Chosen> chosen, ScanOptions options, SkippedList skipped, CancellationToken cancellationToken)
    {
        var left = options.MaxTotalBytes;
        // Threads pay only when there is something to share out.
        if (chosen.Count < WorthThreads) chosen.ForEach(ReadOne);
        else await Parallel.ForEachAsync(chosen.Chunk(AtOnce), new ParallelOptions { CancellationToken = cancellationToken, MaxDegreeOfParallelism = Environment.ProcessorCount }, (part, _) =>
        {
            Array.ForEach(part, ReadOne);
            return ValueTask.CompletedTask;
        });

        void ReadOne(Chosen item)
        {
            var (relative, path) = (item.File.Path, Path.Combine(root, item.File.Path));
            // Before it is read: a change in between makes the stamp stale, not the text.
            var stamp = options.Cache is null ? null : RegularFile.Stamp(path);
            var (text, reason) = stamp is not null && stamp.Size <= item.Limit && options.Cache!.Find(relative, stamp) is { } known
                ? Interlocked.Add(ref left, -stamp.Size) < 0 ? (null, FileText.TooMuch) : (known, null)
                : FileText.Read(path, item.Limit, ref left);
            item.File.Text = text;
            if (text is not null && stamp is not null) options.Cache!.Keep(relative, stamp, text);
            if (reason is not null) skipped.Add(relative, reason);
        }
    }
}
