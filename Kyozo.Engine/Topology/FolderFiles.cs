using Kyozo.Engine.Folders;

namespace Kyozo.Engine.Topology;

/// <summary>The files of one folder in the order of their names, asked for by name a hundred times each: most folders are small and are looked through, the others get a table.</summary>
sealed class FolderFiles : List<SnapshotFile>
{
    const int Small = 12;

    public static readonly FolderFiles None = [];

    Dictionary<string, SnapshotFile>? _byName;
    ulong _bits;

    /// <summary>Adds the next file in the order of names.</summary>
    public void Append(SnapshotFile file)
    {
        Add(file);
        _bits |= NameBits.Bit(file.Name);
    }

    public SnapshotFile? Named(string name)
    {
        if ((_bits & NameBits.Bit(name)) == 0) return null;
        if (Count > Small) return (_byName ??= ByName()).GetValueOrDefault(name);
        foreach (var file in this)
        {
            if (file.Name.Length == name.Length && file.Name == name) return file;
        }
        return null;
    }

    Dictionary<string, SnapshotFile> ByName()
    {
        var table = new Dictionary<string, SnapshotFile>(Count, StringComparer.Ordinal);
        foreach (var file in this) table.TryAdd(file.Name, file);
        return table;
    }
}
