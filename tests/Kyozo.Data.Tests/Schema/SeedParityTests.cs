using System.Text.RegularExpressions;
using Kyozo.Testing;
using Npgsql;

namespace Kyozo.Data.Tests.Schema;

/// <summary>docs/seed-parity.md says nothing that is not so.</summary>
public sealed partial class SeedParityTests(DatabaseFixture fixture) : IClassFixture<DatabaseFixture>
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    static readonly IReadOnlyList<string[]> Rows =
        [.. File.ReadLines(Path.Combine(Samples.Repository, "docs", "seed-parity.md"))
            .Where(line => line.StartsWith("| ", StringComparison.Ordinal) && !line.StartsWith("| requirement ", StringComparison.Ordinal))
            .Select(line => line.Trim('|', ' ').Split(" | ").Select(cell => cell.Trim()).ToArray())];

    [Fact]
    public void Every_row_says_where_and_by_which_test()
    {
        Assert.True(Rows.Count > 100, "the page has lost its rows");
        Assert.All(Rows, row => Assert.True(row.Length == 3 && row.All(cell => cell.Length > 0), string.Join(" | ", row)));
    }

    [Fact]
    public async Task Every_database_object_named_is_in_the_catalog()
    {
        var catalog = await ReadCatalogAsync();
        var named = Rows.SelectMany(row => Code().Matches(row[1])).Select(match => match.Groups[1].Value).Where(name => DatabaseName().IsMatch(name)).Distinct().ToList();
        Assert.True(named.Count > 80, "the page names no database objects");
        Assert.Empty(named.Except(catalog));
    }

    [Fact]
    public void Every_type_and_migration_named_has_its_file()
    {
        var files = Sources("Kyozo.*").Select(Path.GetFileNameWithoutExtension).Select(name => Number().Replace(name!, "")).ToHashSet();
        files.UnionWith(Sources("tests").Select(Path.GetFileNameWithoutExtension)!);
        var named = Rows.SelectMany(row => TypeName().Matches(row[1])).Select(match => match.Value).Distinct().ToList();
        Assert.Contains("CreateServiceInstances", named);
        Assert.Empty(named.Except(files!));
    }

    [Fact]
    public void Every_test_named_is_there()
    {
        var tests = Sources("tests").GroupBy(file => Path.GetFileNameWithoutExtension(file)!).ToDictionary(group => group.Key, group => string.Concat(group.Select(File.ReadAllText)));
        var missing =
            from row in Rows
            from name in row[2].Split(", ")
            let parts = name.Split('.')
            where !tests.TryGetValue(parts[0], out var source) || parts.Length != 2 || !Regex.IsMatch(source, $@"\b(Task|void|ValueTask) {Regex.Escape(parts[1])}\(")
            select name;
        Assert.Empty(missing.Distinct());
    }

    static IEnumerable<string> Sources(string folder) =>
        Directory.EnumerateDirectories(Samples.Repository, folder)
            .SelectMany(path => Directory.EnumerateFiles(path, "*.*", SearchOption.AllDirectories))
            .Where(file => Path.GetExtension(file) is ".cs" or ".razor" && !file.Contains("/obj/", StringComparison.Ordinal) && !file.Contains("/bin/", StringComparison.Ordinal));

    async Task<HashSet<string>> ReadCatalogAsync()
    {
        await using var connection = new NpgsqlConnection(fixture.Database.Admin);
        await connection.OpenAsync(Token);
        await using var command = new NpgsqlCommand(
            """
            SELECT relname::text FROM pg_class WHERE relnamespace IN ('public'::regnamespace, 'identity'::regnamespace)
            UNION SELECT c.relname || '.' || a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid WHERE c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
            UNION SELECT c.relname || '.' || k.conname FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
            UNION SELECT c.relname || '.' || i.relname FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class c ON c.oid = x.indrelid
            UNION SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace
            UNION SELECT rolname FROM pg_roles
            UNION SELECT attname FROM pg_attribute WHERE attname IN ('team_id', 'relname', 'indexrelname', 'total_time', 'mean_time')
            """, connection);
        await using var reader = await command.ExecuteReaderAsync(Token);
        var names = new HashSet<string>();
        while (await reader.ReadAsync(Token)) names.Add(reader.GetString(0));
        return names;
    }

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Code();

    // What has no underscore and no dot is a word (production), not the name of something stored, but for tables: files, teams, users, workspaces.
    [GeneratedRegex(@"^(?=.*[_.]|(?:files|teams|users|workspaces|backups)$)[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)?$")]
    private static partial Regex DatabaseName();

    [GeneratedRegex(@"(?<![\w.`/])(?:[A-Z][a-z0-9]+){2,}(?![\w.(])")]
    private static partial Regex TypeName();

    [GeneratedRegex(@"^\d{14}_")]
    private static partial Regex Number();
}
