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

    /// <summary>Modules whose package is called otherwise.</summary>
    static readonly Dictionary<string, string> PackageOf = new(StringComparer.Ordinal)
    {
        ["MySQLdb"] = "mysqlclient",
        ["mysql.connector"] = "mysql-connector-python",
        ["kafka"] = "kafka-python",
        ["confluent_kafka"] = "confluent-kafka",
        ["memcache"] = "python-memcached",
        ["cassandra"] = "cassandra-driver",
        ["clickhouse_driver"] = "clickhouse-driver",
        ["clickhouse_connect"] = "clickhouse-connect",
        ["aio_pika"] = "aio-pika",
        ["flask_pymongo"] = "flask-pymongo",
        ["fasthtml"] = "python-fasthtml",
        ["functions_framework"] = "functions-framework",
        ["azure.functions"] = "azure-functions",
    };

    const int MaxSources = 200;

    /// <summary>What the texts of a folder import, for one whose manifest lies elsewhere: each module as the package it comes from.</summary>
    public static IEnumerable<Library> Imported(Folder folder)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var file in folder.Below.Where(file => file.Extension == ".py" && file.Text is not null).Take(MaxSources))
        {
            var number = 0;
            foreach (var line in file.Text!.Split('\n'))
            {
                number++;
                var words = line.Split((char[])[' ', '\t', '\r', ','], 3, StringSplitOptions.RemoveEmptyEntries);
                if (words.Length < 2 || words[0] is not ("import" or "from")) continue;
                var module = words[1];
                if (!PackageOf.TryGetValue(module, out var package) && !PackageOf.TryGetValue(module.Split('.')[0], out package)) package = Name(module.Split('.')[0]);
                if (package.Length > 0 && seen.Add(package)) yield return new("pypi", package, file.Path, number);
            }
        }
    }

    /// <summary>Whether a text imports a package, whole words only.</summary>
    public static bool Imports(string text, string package)
    {
        var module = PackageOf.FirstOrDefault(pair => pair.Value == package).Key ?? package;
        foreach (var words in (string[])[$"import {module}", $"from {module}"])
        {
            for (var at = text.IndexOf(words, StringComparison.Ordinal); at >= 0; at = text.IndexOf(words, at + 1, StringComparison.Ordinal))
            {
                var end = at + words.Length;
                if (end == text.Length || !char.IsAsciiLetterOrDigit(text[end]) && text[end] != '_') return true;
            }
        }
        return false;
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
