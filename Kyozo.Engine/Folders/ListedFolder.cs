using System.Security.Cryptography;
using System.Text;
using Kyozo.Data.Topology;

namespace Kyozo.Engine.Folders;

/// <summary>What one folder holds, in ordinal order; links and what is no file are told as skipped.</summary>
sealed class ListedFolder
{
    public List<FileName> Files { get; } = [];

    public List<string> Folders { get; } = [];

    public List<SkippedPath> Skipped { get; } = [];

    /// <exception cref="UnauthorizedAccessException">The root may not be listed.</exception>
    /// <exception cref="IOException">The root cannot be listed.</exception>
    public static ListedFolder Of(string root, WalkedFolder folder)
    {
        var listing = new ListedFolder();
        var path = Path.Combine(root, folder.Path);
        try
        {
            FolderEntries.Of(path, (name, kind) => listing.Add(folder, path, name, kind));
        }
        catch (Exception problem) when (folder.Depth > 0 && problem is IOException or UnauthorizedAccessException)
        {
            var nothing = new ListedFolder();
            nothing.Skipped.AddRange(listing.Skipped);
            nothing.Skipped.Add(new(folder.Path, "cannot be listed: " + (problem is UnauthorizedAccessException ? "permission denied" : problem.Message)));
            return nothing;
        }
        listing.Files.Sort(static (one, other) => string.CompareOrdinal(one.Text, other.Text));
        listing.Folders.Sort(StringComparer.Ordinal);
        return listing;
    }

    const int DigestBytes = 18;

    /// <summary>The same for the same entries.</summary>
    public string Digest()
    {
        var text = new StringBuilder();
        foreach (var file in Files) text.Append(file.Text).Append('\n');
        text.Append('/');
        foreach (var folder in Folders) text.Append(folder).Append('\n');
        text.Append('/');
        foreach (var (path, reason) in Skipped.OrderBy(one => one.Path, StringComparer.Ordinal)) text.Append(path).Append('\n').Append(reason).Append('\n');
        return Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())).AsSpan(0, DigestBytes));
    }

    void Add(WalkedFolder folder, string path, FileName name, FolderEntries.Kind kind)
    {
        switch (kind)
        {
            case FolderEntries.Kind.Folder:
                Folders.Add(name.Text);
                break;
            case FolderEntries.Kind.Link:
                Skip("symbolic link, not followed");
                break;
            case FolderEntries.Kind.Unsure when RegularFile.ReasonNotToOpen(Path.Combine(path, name.Text)) is { } reason:
                Skip(reason);
                break;
            default:
                Files.Add(name);
                break;
        }

        void Skip(string reason) => Skipped.Add(new(folder.Path.Length == 0 ? name.Text : $"{folder.Path}/{name.Text}", reason));
    }
}
