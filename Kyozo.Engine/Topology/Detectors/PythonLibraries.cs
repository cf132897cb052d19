using Kyozo.Engine.Folders;
using Kyozo.Engine.Topology.Reading;

namespace Kyozo.Engine.Topology.Detectors;

/// <summary>What the manifests of a Python folder depend on. Names as PyPI compares them: lower case, dashes.</summary>
static class PythonLibraries
{
    /// <summary>The manifests of a folder, the strongest first.</summary>
    public static IEnumerable<SnapshotFile> Manifests(Folder folder)
    {
        foreach (var name in (string[])["requirements.txt", "pyproject.toml", "Pipfile", "setup.py", "environment.yml", "environment.yaml"])
        {
            if (folder.File(name) is { Text: not null } file && (name != "setup.py" || file.Mentions("setup("))) yield return file;
        }
        if (folder.Has("requirements.txt")) yield break;
        foreach (var relative in (string[])["requirements/base.txt", "requirements/production.txt", "requirements/prod.txt", "requirements.prod.txt", "requirements-prod.txt", "requirements.in"])
        {
            if (folder.File(relative) is { Text: not null } file) yield return file;
        }
    }

    public static IEnumerable<Library> In(FolderIndex index, SnapshotFile manifest) => manifest.Name switch
    {
        "pyproject.toml" or "Pipfile" => FromToml(index, manifest).Concat(Extras(manifest)),
        _ => FromLines(manifest).Concat(Extras(manifest)),
    };

    /// <summary>Clients that are asked for as an extra of another package (<c>celery[redis]</c>).</summary>
    static readonly (string Extra, string Package)[] ClientExtras =
        [("redis", "redis"), ("hiredis", "redis"), ("postgresql", "psycopg"), ("postgres", "psycopg"), ("asyncpg", "asyncpg"), ("psycopg", "psycopg"), ("psycopg2", "psycopg2"), ("mysql", "pymysql"), ("aiomysql", "aiomysql"), ("mongodb", "pymongo"), ("rabbitmq", "pika"), ("rabbit", "pika"), ("kafka", "kafka-python")];

    static IEnumerable<Library> Extras(SnapshotFile manifest)
    {
        var number = 0;
        foreach (var line in manifest.Text!.Split('\n'))
        {
            number++;
            if (manifest.Name != "requirements.txt" && !line.Contains('"', StringComparison.Ordinal) || line.TrimStart().StartsWith('[')) continue;
            for (var open = line.IndexOf('['); open > 0; open = line.IndexOf('[', open + 1))
            {
                if (!char.IsAsciiLetterOrDigit(line[open - 1]) || line.IndexOf(']', open) is not (> 0 and var close)) continue;
                foreach (var extra in line[(open + 1)..close].Split(','))
                {
                    if (Array.Find(ClientExtras, one => one.Extra == extra.Trim()) is { Package: { } package }) yield return new("pypi", package, manifest.Path, number);
                }
            }
        }
    }

    static IEnumerable<Library> FromLines(SnapshotFile manifest)
    {
        var number = 0;
        foreach (var line in manifest.Text!.Split('\n'))
        {
            number++;
            var text = line.Trim().TrimStart('-', ' ', '"', '\'');
            if (manifest.Name == "setup.py")
            {
                foreach (var quoted in Quoted(text)) yield return new("pypi", Name(quoted), manifest.Path, number);
            }
            else if (Name(text) is { Length: > 0 } name && !line.StartsWith('-') || manifest.Name.StartsWith("environment", StringComparison.Ordinal)) yield return new("pypi", Name(text), manifest.Path, number);
        }
    }

    static IEnumerable<Library> FromToml(FolderIndex index, SnapshotFile manifest)
    {
        foreach (var entry in index.Toml(manifest)?.Entries ?? [])
        {
            if (entry is { Table: "project", Key: "dependencies" } || entry.Table.StartsWith("project.optional-dependencies", StringComparison.Ordinal) && entry.Key is not ("dev" or "test" or "docs") || entry is { Table: "tool.uv", Key: "dependencies" })
            {
                foreach (var text in entry.Strings) yield return new("pypi", Name(text), manifest.Path, entry.Line);
            }
            else if (entry.Table is "tool.poetry.dependencies" or "packages" && entry.Key.Length > 0) yield return new("pypi", Name(entry.Key), manifest.Path, entry.Line);
        }
    }

    static IEnumerable<string> Quoted(string text)
    {
        for (var start = text.IndexOfAny(['"', '\'']); start >= 0;)
        {
            var end = text.IndexOf(text[start], start + 1);
            if (end < 0) yield break;
            yield return text[(start + 1)..end];
            start = end + 1 < text.Length && text.IndexOfAny(['"', '\''], end + 1) is >= 0 and var next ? next : -1;
        }
    }

    static string Name(string requirement)
    {
        var end = 0;
        while (end < requirement.Length && (char.IsAsciiLetterOrDigit(requirement[end]) || requirement[end] is '-' or '_' or '.')) end++;
        return requirement[..end].ToLowerInvariant().Replace('_', '-').TrimEnd('.');
    }
}
