using System.Text;
using Kyozo.Data.Topology;

namespace Kyozo.Engine.Folders;

/// <summary>
/// The one place where detection touches the disk: lists a folder and reads the files that say something about services.
/// Never follows a link (SAFETY M36), never opens what is not a regular file, never runs anything; every limit it meets is told in the snapshot.
/// </summary>
public static class FolderScanner
{
    const int WorthThreads = 200;
    const string TooMuchText = "not read: the folder holds more text than is looked at";

    // A reference type on purpose: the runtime has its generic code ready made, that of own value types it would compile at every start.
    sealed record Chosen(int Index, long Limit);

    /// <summary>Takes the snapshot. The order on the disk does not matter: the same content gives the same snapshot.</summary>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder itself cannot be listed.</exception>
    public static async Task<FolderSnapshot> ScanAsync(string root, ScanOptions options, CancellationToken cancellationToken)
    {
        var full = Path.GetFullPath(root);
        if (!Directory.Exists(full)) throw new DirectoryNotFoundException($"There is no folder {root}.");

        var walk = new Walk(full, options, cancellationToken);
        walk.Run();
        var texts = await ReadAsync(full, walk, options, cancellationToken);

        var files = new SnapshotFile[walk.Files.Count];
        for (var i = 0; i < files.Length; i++) files[i] = new(walk.Files[i], texts[i]);
        Array.Sort(files, (a, b) => string.CompareOrdinal(a.Path, b.Path));
        options.Cache?.Save();
        return new()
        {
            Root = root,
            Name = Path.GetFileName(Path.TrimEndingDirectorySeparator(full)) is { Length: > 0 } name ? name : "root",
            Files = files,
            Skipped = walk.Skipped.ToList(options.MaxSkipped),
        };
    }

    static async Task<string?[]> ReadAsync(string root, Walk walk, ScanOptions options, CancellationToken cancellationToken)
    {
        var texts = new string?[walk.Files.Count];
        var budget = new ReadBudget(options);
        var chosen = new List<Chosen>();
        for (var i = 0; i < texts.Length; i++)
        {
            if (budget.LimitFor(walk.Files[i]) is { } limit) chosen.Add(new(i, limit));
        }
        if (budget.SourcesLeftOut > 0) walk.Skipped.Add(".", $"{budget.SourcesLeftOut} source files not read: more than {options.MaxSourceFiles}");

        var left = options.MaxTotalBytes;
        // Threads pay only when there is something to share out.
        if (chosen.Count < WorthThreads) chosen.ForEach(ReadOne);
        else await Parallel.ForEachAsync(chosen, new ParallelOptions { CancellationToken = cancellationToken, MaxDegreeOfParallelism = Environment.ProcessorCount }, (item, _) =>
        {
            ReadOne(item);
            return ValueTask.CompletedTask;
        });
        return texts;

        void ReadOne(Chosen item)
        {
            var relative = walk.Files[item.Index];
            var path = Path.Combine(root, relative);
            // Before it is read: a change in between makes the stamp stale, not the text.
            var stamp = options.Cache is null ? null : RegularFile.Stamp(path);
            var (text, reason) = stamp is not null && stamp.Size <= item.Limit && options.Cache!.Find(relative, stamp) is { } known
                ? Interlocked.Add(ref left, -stamp.Size) < 0 ? (null, TooMuchText) : (known, null)
                : Read(path, item.Limit, ref left);
            texts[item.Index] = text;
            if (text is not null && stamp is not null) options.Cache!.Keep(relative, stamp, text);
            if (reason is not null) walk.Skipped.Add(relative, reason);
        }
    }

    static (string? Text, string? Reason) Read(string path, long limit, ref long left)
    {
        try
        {
            var (handle, reason) = RegularFile.Open(path);
            if (handle is null) return (null, reason);
            using (handle)
            {
                var length = RandomAccess.GetLength(handle);
                if (length > limit) return (null, $"too large to be read: {length / 1024:N0} KiB, at most {limit / 1024:N0}");
                if (Interlocked.Add(ref left, -length) < 0) return (null, TooMuchText);
                var bytes = new byte[length];
                var count = 0;
                while (count < bytes.Length && RandomAccess.Read(handle, bytes.AsSpan(count), count) is > 0 and var read) count += read;
                return Decode(bytes.AsSpan(0, count));
            }
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return (null, "cannot be read: " + (problem is UnauthorizedAccessException ? "permission denied" : problem.Message));
        }
    }

    /// <summary>UTF-8, or UTF-16 that says so; a NUL byte otherwise means that it is no text.</summary>
    static (string? Text, string? Reason) Decode(ReadOnlySpan<byte> bytes) => bytes switch
    {
        [0xEF, 0xBB, 0xBF, .. var rest] => (Encoding.UTF8.GetString(rest), null),
        [0xFF, 0xFE, .. var rest] => (Encoding.Unicode.GetString(rest), null),
        [0xFE, 0xFF, .. var rest] => (Encoding.BigEndianUnicode.GetString(rest), null),
        _ when bytes.Contains((byte)0) => (null, "not text"),
        _ => (Encoding.UTF8.GetString(bytes), null),
    };

    /// <summary>Lists the tree breadth first and in order, so that a limit cuts the same files on every run.</summary>
    sealed class Walk(string root, ScanOptions options, CancellationToken cancellationToken)
    {
        readonly long started = Environment.TickCount64;

        public List<string> Files { get; } = [];

        public SkippedList Skipped { get; } = new();

        public void Run()
        {
            var waiting = new Queue<(string Relative, int Depth)>([("", 0)]);
            while (waiting.TryDequeue(out var folder))
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (Environment.TickCount64 - started > options.Timeout.TotalMilliseconds)
                {
                    Skipped.Add(Shown(folder.Relative), $"not looked at: the scan took longer than {options.Timeout.TotalSeconds:0} s ({waiting.Count + 1} folders left)");
                    return;
                }
                if (!List(folder.Relative, out var files, out var folders)) continue;
                foreach (var file in files)
                {
                    if (Files.Count >= options.MaxFiles)
                    {
                        Skipped.Add(Shown(folder.Relative), $"not looked at: more than {options.MaxFiles:N0} files");
                        return;
                    }
                    Files.Add(Join(folder.Relative, file));
                }
                foreach (var child in folders)
                {
                    var relative = Join(folder.Relative, child);
                    if (FileInterest.ReasonNotToEnter(child, files) is { } reason)
                    {
                        if (child != ".git") Skipped.Add(relative, reason);
                    }
                    else if (folder.Depth + 1 > options.MaxDepth) Skipped.Add(relative, $"nested deeper than {options.MaxDepth} folders");
                    else waiting.Enqueue((relative, folder.Depth + 1));
                }
            }
        }

        bool List(string relative, out List<string> files, out List<string> folders)
        {
            files = [];
            folders = [];
            try
            {
                var path = Path.Combine(root, relative);
                foreach (var entry in FolderEntries.Of(path))
                {
                    switch (entry.Kind)
                    {
                        case FolderEntries.Kind.Folder:
                            folders.Add(entry.Name);
                            break;
                        case FolderEntries.Kind.Link:
                            Skipped.Add(Join(relative, entry.Name), "symbolic link, not followed");
                            break;
                        case FolderEntries.Kind.Unsure when RegularFile.ReasonNotToOpen(Path.Combine(path, entry.Name)) is { } reason:
                            Skipped.Add(Join(relative, entry.Name), reason);
                            break;
                        default:
                            files.Add(entry.Name);
                            break;
                    }
                }
            }
            catch (Exception problem) when (relative.Length > 0 && problem is IOException or UnauthorizedAccessException)
            {
                Skipped.Add(relative, "cannot be listed: " + (problem is UnauthorizedAccessException ? "permission denied" : problem.Message));
                return false;
            }
            files.Sort(StringComparer.Ordinal);
            folders.Sort(StringComparer.Ordinal);
            return true;
        }

        static string Join(string folder, string name) => folder.Length == 0 ? name : $"{folder}/{name}";

        static string Shown(string folder) => folder.Length == 0 ? "." : folder;
    }

    /// <summary>Decides from the name, and from what was chosen before, whether and up to which size a file is read.</summary>
    sealed class ReadBudget(ScanOptions options)
    {
        int sources;

        public int SourcesLeftOut { get; private set; }

        public long? LimitFor(string path)
        {
            switch (FileInterest.Of(path[(path.LastIndexOf('/') + 1)..]))
            {
                case FileInterest.Level.Manifest:
                    return options.MaxManifestBytes;
                case FileInterest.Level.Source when sources < options.MaxSourceFiles:
                    sources++;
                    return options.MaxSourceBytes;
                case FileInterest.Level.Source:
                    SourcesLeftOut++;
                    return null;
                default:
                    return null;
            }
        }
    }

    /// <summary>Collects from several threads, hands out in order.</summary>
    sealed class SkippedList
    {
        readonly List<SkippedPath> rows = [];

        public void Add(string path, string reason)
        {
            lock (rows) rows.Add(new(path, reason));
        }

        public List<SkippedPath> ToList(int limit)
        {
            var sorted = rows.OrderBy(row => row.Path, StringComparer.Ordinal).ThenBy(row => row.Reason, StringComparer.Ordinal).ToList();
            if (sorted.Count <= limit) return sorted;
            return [.. sorted.Take(limit), new(".", $"and {sorted.Count - limit} more paths")];
        }
    }
}
