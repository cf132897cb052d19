using Kyozo.Data.Topology;
using Kyozo.Engine.Folders;
using Kyozo.Engine.Topology;

namespace Kyozo.Engine.Tests.Topology;

/// <summary>Folders that exist as text only.</summary>
static class Snapshots
{
    public static FolderSnapshot Of(params IEnumerable<(string Path, string Text)> files) => new()
    {
        Root = "shop",
        Name = "shop",
        Files = [.. files.Select(file => new SnapshotFile(file.Path, file.Text)).OrderBy(file => file.Path, StringComparer.Ordinal)],
        Skipped = [],
    };

    public static FolderTopology Detect(params IEnumerable<(string Path, string Text)> files) => TopologyAnalyzer.Analyze(Of(files));

    /// <summary>The snapshot with a file more, or another text of it.</summary>
    public static FolderSnapshot With(FolderSnapshot snapshot, string path, string text) =>
        snapshot with { Files = [.. snapshot.Files.Where(file => file.Path != path).Append(new(path, text)).OrderBy(file => file.Path, StringComparer.Ordinal)] };

    /// <summary>A web program in Node.js that uses PostgreSQL, and a library beside it.</summary>
    public static IReadOnlyList<(string Path, string Text)> Shop { get; } =
    [
        ("api/package.json", """{ "name": "api", "scripts": { "start": "node server.js" }, "dependencies": { "express": "4", "pg": "8" } }"""),
        ("api/server.js", "const { Pool } = require('pg'); new Pool({ connectionString: process.env.DATABASE_URL });\nrequire('express')().listen(process.env.PORT || 4000);"),
        ("tools/package.json", """{ "name": "tools", "main": "index.js" }"""),
        ("tools/index.js", "module.exports = 1;"),
    ];
}
