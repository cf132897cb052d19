namespace Kyozo.Engine.Backups;

/// <summary>What a backup holds, read in the snapshot that was dumped; encrypted with it.</summary>
/// <param name="Database">Name of the database.</param>
/// <param name="TakenAt">When the snapshot was taken.</param>
/// <param name="ServerVersion">Of PostgreSQL, "15.14".</param>
/// <param name="Encoding">Encoding of the database.</param>
/// <param name="Collate">Its sort order.</param>
/// <param name="CharacterType">Its character classes.</param>
/// <param name="SizeBytes">Size of the database with its indexes: about what a restore needs.</param>
/// <param name="Content">Schema and rows.</param>
public sealed record BackupManifest(
    string Database, DateTimeOffset TakenAt, string ServerVersion, string Encoding, string Collate, string CharacterType, long SizeBytes, DatabaseContent Content);

/// <summary>A database told in numbers, to compare an original with what was restored from its backup.</summary>
/// <param name="SchemaVersion">Last migration.</param>
/// <param name="ServerMajor">Major version of the server; another one writes the same schema in other words.</param>
/// <param name="Rows">Rows by table, partitions each for itself.</param>
/// <param name="Schema">By kind of object (column, index, policy ...): how many, and a hash over their definitions.</param>
public sealed record DatabaseContent(string SchemaVersion, int ServerMajor, IReadOnlyDictionary<string, long> Rows, IReadOnlyDictionary<string, SchemaPart> Schema)
{
    const int NamedDifferences = 5;

    /// <summary>Rows of all tables.</summary>
    public long TotalRows => Rows.Values.Sum();

    /// <summary>What is not the same, each in one phrase; empty when nothing is.</summary>
    public IReadOnlyList<string> DifferencesTo(DatabaseContent restored)
    {
        List<string> differences =
        [
            .. Rows.Keys.Except(restored.Rows.Keys).Order().Select(table => $"{table} is missing"),
            .. restored.Rows.Keys.Except(Rows.Keys).Order().Select(table => $"{table} was not there"),
            .. Rows.Where(table => restored.Rows.TryGetValue(table.Key, out var rows) && rows != table.Value).OrderBy(table => table.Key)
                .Select(table => $"{table.Key} has {restored.Rows[table.Key]} rows instead of {table.Value}"),
        ];
        foreach (var (kind, part) in Schema.OrderBy(kind => kind.Key))
        {
            var found = restored.Schema.GetValueOrDefault(kind) ?? new(0, "");
            if (found.Count != part.Count) differences.Add($"{found.Count} of kind {kind} instead of {part.Count}");
            else if (ServerMajor == restored.ServerMajor && found.Hash != part.Hash) differences.Add($"a {kind} is defined differently");
        }

        return differences.Count <= NamedDifferences ? differences : [.. differences.Take(NamedDifferences), $"and {differences.Count - NamedDifferences} more"];
    }
}

/// <summary>All objects of one kind in a schema.</summary>
/// <param name="Count">How many.</param>
/// <param name="Hash">SHA-256 over their definitions, in hexadecimal.</param>
public sealed record SchemaPart(int Count, string Hash);
