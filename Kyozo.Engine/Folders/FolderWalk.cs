namespace Kyozo.Engine.Folders;

/// <summary>One folder of a walk. Strings are made once, here, and shared by all that is said of its files later.</summary>
/// <param name="Path">Relative to the root; empty for the root.</param>
/// <param name="Depth">0 for the root.</param>
sealed record WalkedFolder(string Path, int Depth)
{
    /// <summary>Its files in ordinal order.</summary>
    public List<FileName> Files { get; set; } = [];

    /// <summary>Those of <see cref="Files"/> whose name promises something, in the same order.</summary>
    public List<WalkedFile> Promising { get; } = [];

    /// <summary>As it was before it was listed, when that is to be remembered and old enough to be believed.</summary>
    public FileStamp? Stamp { get; set; }

    /// <summary>Of its entries, when they are to be remembered.</summary>
    public string? Digest { get; set; }

    /// <summary>The folders in it that were entered.</summary>
    public List<WalkedFolder> Folders { get; } = [];

    /// <summary>The last part of <see cref="Path"/>.</summary>
    public string Name => Path[(Path.LastIndexOf('/') + 1)..];
}

/// <summary>One file of a walk that may be read.</summary>
sealed class WalkedFile(WalkedFolder folder, FileName name)
{
    public FileName Name => name;

    /// <summary>Relative to the root.</summary>
    public string Path { get; } = folder.Path.Length == 0 ? name.Text : $"{folder.Path}/{name.Text}";

    /// <summary>Its text, once it was read.</summary>
    public string? Text { get; set; }

    /// <summary>Up to which size it is read, when it is.</summary>
    public long Limit { get; set; }

    /// <summary>As it was before it was read, when that is to be remembered and old enough to be believed.</summary>
    public FileStamp? Stamp { get; set; }
}

/// <summary>Lists a tree breadth first and in order, so that a limit cuts the same files on every run; where there is much of it, on all processors.</summary>
sealed class FolderWalk(string root, ScanOptions options, SkippedList skipped, CancellationToken cancellationToken)
{
    /// <summary>Folders listed between two looks at the limits.</summary>
    const int AtOnce = 256;

    const int WorthThreads = 16;

    readonly long _started = Environment.TickCount64;

    int _count;

    /// <summary>Every file that may be read, those of shallow folders first.</summary>
    public List<WalkedFile> Promising { get; } = [];

    /// <summary>Every folder that was listed.</summary>
    public List<WalkedFolder> Folders { get; } = [];

    public WalkedFolder Root { get; } = new("", 0);

    /// <summary>False when a limit ended it early.</summary>
    public bool IsWhole { get; private set; }

    public void Run()
    {
        List<WalkedFolder> level = [Root];
        while (level.Count > 0)
        {
            var next = new List<WalkedFolder>();
            for (var from = 0; from < level.Count; from += AtOnce)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (Environment.TickCount64 - _started > options.Timeout.TotalMilliseconds)
                {
                    skipped.Add(Shown(level[from].Path), $"not looked at: the scan took longer than {options.Timeout.TotalSeconds:0} s ({level.Count - from + next.Count} folders left)");
                    return;
                }
                var part = level.GetRange(from, Math.Min(AtOnce, level.Count - from));
                var listings = List(part);
                for (var i = 0; i < listings.Length; i++)
                {
                    if (!Take(part[i], listings[i], next)) return;
                }
            }
            level = next;
        }
        IsWhole = true;
    }

    /// <summary>The files of the whole tree in ordinal order of their paths: a folder stands where its name with a slash would.</summary>
    public SnapshotFile[] InOrder(bool traced)
    {
        var files = new SnapshotFile[_count];
        var count = 0;
        Add(Root);
        return files;

        void Add(WalkedFolder folder)
        {
            folder.Folders.Sort(static (one, other) => WithSlash(one.Name, other.Name));
            var (at, promising, path) = (0, 0, folder.Path.Length == 0 ? "." : folder.Path);
            foreach (var inner in folder.Folders)
            {
                while (at < folder.Files.Count && ComparedToFolder(folder.Files[at].Text, inner.Name) < 0) AddNext();
                Add(inner);
            }
            while (at < folder.Files.Count) AddNext();

            void AddNext()
            {
                var name = folder.Files[at++];
                var text = promising < folder.Promising.Count && folder.Promising[promising].Name == name ? folder.Promising[promising++].Text : null;
                files[count++] = new(path, name, text) { Questions = traced && text is not null ? new() : null };
            }
        }
    }

    ListedFolder[] List(List<WalkedFolder> part)
    {
        var listings = new ListedFolder[part.Count];
        void ListOne(int i)
        {
            // Before it is listed: a change in between makes the stamp stale, not the list.
            part[i].Stamp = options.Cache?.Trusted(RegularFile.FolderStamp(Path.Combine(root, part[i].Path)));
            listings[i] = ListedFolder.Of(root, part[i]);
            if (options.Cache is not null) part[i].Digest = listings[i].Digest();
        }

        if (part.Count >= WorthThreads) Parallel.For(0, part.Count, new ParallelOptions { CancellationToken = cancellationToken }, ListOne);
        else for (var i = 0; i < part.Count; i++) ListOne(i);
        return listings;
    }

    /// <summary>False when that was the last that may be taken.</summary>
    bool Take(WalkedFolder folder, ListedFolder listing, List<WalkedFolder> next)
    {
        foreach (var (path, reason) in listing.Skipped) skipped.Add(path, reason);
        Folders.Add(folder);
        var room = options.MaxFiles - _count;
        folder.Files = listing.Files.Count <= room ? listing.Files : listing.Files.GetRange(0, room);
        _count += folder.Files.Count;
        foreach (var file in folder.Files)
        {
            if (file.Interest != FileInterest.Level.Name) folder.Promising.Add(new(folder, file));
        }
        Promising.AddRange(folder.Promising);
        if (listing.Files.Count > room)
        {
            skipped.Add(Shown(folder.Path), $"not looked at: more than {options.MaxFiles:N0} files");
            return false;
        }
        foreach (var child in listing.Folders)
        {
            var inner = new WalkedFolder(folder.Path.Length == 0 ? child : $"{folder.Path}/{child}", folder.Depth + 1);
            if (FileInterest.ReasonNotToEnter(child, listing.Files) is { } reason)
            {
                if (child != ".git") skipped.Add(inner.Path, reason);
            }
            else if (inner.Depth > options.MaxDepth) skipped.Add(inner.Path, $"nested deeper than {options.MaxDepth} folders");
            else
            {
                folder.Folders.Add(inner);
                next.Add(inner);
            }
        }
        return true;
    }

    static int ComparedToFolder(string file, string folder) =>
        string.CompareOrdinal(file, 0, folder, 0, folder.Length) is not 0 and var order ? order : file.Length == folder.Length ? -1 : file[folder.Length] - '/';

    static int WithSlash(string one, string other)
    {
        var shorter = Math.Min(one.Length, other.Length);
        if (string.CompareOrdinal(one, 0, other, 0, shorter) is not 0 and var order) return order;
        return (one.Length == shorter ? '/' : one[shorter]) - (other.Length == shorter ? '/' : other[shorter]);
    }

    static string Shown(string folder) => folder.Length == 0 ? "." : folder;
}
