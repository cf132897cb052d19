using System.Collections.Concurrent;
using System.Text;
using Kyozo.Data;

namespace Kyozo.Engine.Folders;

/// <summary>
/// Texts of a folder's files from the last scan, so that what did not change is not read again. Only ever a copy: what is missing, older than
/// its file, damaged, of another version or another owner is read from the folder as if there were no cache.
/// </summary>
public sealed class ScanCache
{
    /// <summary>A file whose time is this near to the scan may be written again within the same tick of the disk's clock: it is not remembered.</summary>
    static readonly TimeSpan Racy = TimeSpan.FromSeconds(2);

    /// <summary>Below so many files a cache costs more than it saves.</summary>
    const int Worth = 200;

    readonly string _file;
    readonly string _root;
    readonly Lazy<IReadOnlyDictionary<string, CachedFile>> _known;
    readonly ConcurrentDictionary<string, CachedFile> _seen = new(StringComparer.Ordinal);
    readonly long _racyFrom;
    readonly int _least;
    int _reused;

    ScanCache(string file, string root, DateTimeOffset now, int least)
    {
        (_file, _root, _least) = (file, root, least);
        _known = new(() => ScanCacheFile.Read(file, root));
        _racyFrom = (now - Racy - DateTimeOffset.UnixEpoch).Ticks * 100;
    }

    /// <summary>Files that were not read again.</summary>
    public int Reused => _reused;

    /// <summary>The cache of a folder.</summary>
    /// <param name="folder">Where caches lie: a folder of this user alone, made when it is missing.</param>
    /// <param name="root">The folder to be scanned.</param>
    /// <param name="now">The clock before the scan.</param>
    /// <param name="least">Fewer files than this are not remembered.</param>
    public static ScanCache Open(string folder, string root, DateTimeOffset now, int least = 0)
    {
        var full = Path.GetFullPath(root);
        var file = Path.Combine(folder, ScanCacheFile.NameOf(full));
        return new(file, full, now, least);
    }

    /// <summary>The cache of a folder in an installation's home.</summary>
    public static ScanCache OpenIn(KyozoHome home, string root, DateTimeOffset now) => Open(Path.Combine(home.Cache, "scans"), root, now, Worth);

    /// <summary>The folder's full path.</summary>
    internal string Root => _root;

    /// <summary>Where the answer lies that was found in the folder the last time.</summary>
    internal string AnswerPath => Path.ChangeExtension(_file, ".answer");

    /// <summary>False for a folder so small that remembering costs more than it saves.</summary>
    internal bool IsWorth(int files) => files >= _least;

    /// <summary>A stamp that is older than the disk's clock is coarse; null for another.</summary>
    internal FileStamp? Trusted(FileStamp? stamp) => stamp is not null && stamp.Modified < _racyFrom && stamp.Changed < _racyFrom ? stamp : null;

    /// <summary>The text of a file that did not change, or null.</summary>
    internal string? Find(string path, FileStamp stamp)
    {
        if (!_known.Value.TryGetValue(path, out var cached) || cached.Stamp != stamp) return null;
        _seen[path] = cached;
        Interlocked.Increment(ref _reused);
        return cached.Text;
    }

    /// <summary>Remembers a text that was read.</summary>
    internal void Keep(string path, FileStamp stamp, string text)
    {
        // Half a character pair, as UTF-16 may have, would not come back as it was.
        if (Trusted(stamp) is not null && (!text.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF') || Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)) == text)) _seen.TryAdd(path, new(stamp, text));
    }

    /// <summary>So few files that differ are read again sooner than all the others are written again.</summary>
    const int Few = 32;

    /// <summary>Writes what this scan saw, when much of it differs. A cache that cannot be written is none: the scan is good without.</summary>
    internal void Save()
    {
        var (other, gone) = (_seen.Count - _reused, _known.Value.Count - _reused);
        if (other + gone == 0 || !IsWorth(_seen.Count) || other + gone <= Few && _reused > Few * Few) return;
        ScanCacheFile.Write(_file, _root, _seen);
    }
}

/// <summary>A file as it was read.</summary>
sealed record CachedFile(FileStamp Stamp, string Text);
