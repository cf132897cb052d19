using System.Text.RegularExpressions;

namespace Kyozo.Data.Schema.Preflight;

/// <summary>Locks of a table that somebody may wait for, the stronger the later.</summary>
enum LockMode
{
    /// <summary>Only other changes of the schema, VACUUM and ANALYZE wait.</summary>
    ShareUpdateExclusive,
    /// <summary>Writers wait: an index is built.</summary>
    Share,
    /// <summary>Writers wait: a foreign key or trigger is made.</summary>
    ShareRowExclusive,
    /// <summary>Readers and writers wait.</summary>
    AccessExclusive,
}

/// <summary>Which tables that are there already a migration locks and how, read from its SQL (PostgreSQL 15 manual, 13.3 and each command's page).</summary>
static partial class LockRisk
{
    /// <summary>Strongest lock by table; tables that the script itself makes are nobody's business.</summary>
    public static IReadOnlyDictionary<string, LockMode> Of(string script)
    {
        var made = new HashSet<string>();
        var locks = new Dictionary<string, LockMode>();
        foreach (var statement in SqlStatements.Split(script))
        {
            foreach (var (table, mode) in OfStatement(statement).Where(found => !made.Contains(found.Table)))
                locks[table] = locks.TryGetValue(table, out var before) && before > mode ? before : mode;
            if (Create().Match(statement) is { Success: true } create) made.Add(Plain(create.Groups["table"].Value));
        }

        return locks;
    }

    static IEnumerable<(string Table, LockMode Mode)> OfStatement(string statement)
    {
        if (Create().IsMatch(statement) || AddForeignKey().IsMatch(statement))
        {
            foreach (Match referenced in References().Matches(statement)) yield return (Plain(referenced.Groups["table"].Value), LockMode.ShareRowExclusive);
        }

        if (Alter().Match(statement) is { Success: true } alter)
        {
            var mode = AddForeignKey().IsMatch(statement) ? LockMode.ShareRowExclusive
                : Mild().IsMatch(statement) ? LockMode.ShareUpdateExclusive
                : LockMode.AccessExclusive;
            yield return (Plain(alter.Groups["table"].Value), mode);
        }

        if (Index().Match(statement) is { Success: true } index)
            yield return (Plain(index.Groups["table"].Value), index.Groups["concurrently"].Success ? LockMode.ShareUpdateExclusive : LockMode.Share);
        if (Trigger().Match(statement) is { Success: true } trigger) yield return (Plain(trigger.Groups["table"].Value), LockMode.ShareRowExclusive);
        if (Whole().Match(statement) is { Success: true } whole)
        {
            foreach (Capture table in whole.Groups["table"].Captures) yield return (Plain(table.Value), LockMode.AccessExclusive);
        }
    }

    static string Plain(string name) => name.Replace("\"", "", StringComparison.Ordinal).Replace("public.", "", StringComparison.Ordinal);

    const RegexOptions Usual = RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture | RegexOptions.Singleline;

    [GeneratedRegex(@"^CREATE\s+(UNLOGGED\s+)?TABLE\s+(IF\s+NOT\s+EXISTS\s+)?(?<table>[\w"".]+)", Usual)]
    private static partial Regex Create();

    [GeneratedRegex(@"\bREFERENCES\s+(?<table>[\w"".]+)", Usual)]
    private static partial Regex References();

    [GeneratedRegex(@"^ALTER\s+TABLE\s.*\bADD\s+(CONSTRAINT\s+[\w""]+\s+)?FOREIGN\s+KEY\b", Usual)]
    private static partial Regex AddForeignKey();

    [GeneratedRegex(@"^ALTER\s+TABLE\s+(IF\s+EXISTS\s+)?(ONLY\s+)?(?<table>[\w"".]+)", Usual)]
    private static partial Regex Alter();

    [GeneratedRegex(@"^ALTER\s+TABLE\s+(ONLY\s+)?[\w"".]+\s+(VALIDATE\s+CONSTRAINT|ATTACH\s+PARTITION|ALTER\s+(COLUMN\s+)?[\w""]+\s+SET\s+STATISTICS)\b", Usual)]
    private static partial Regex Mild();

    [GeneratedRegex(@"^CREATE\s+(UNIQUE\s+)?INDEX\s+(?<concurrently>CONCURRENTLY\s+)?(IF\s+NOT\s+EXISTS\s+)?[\w""]+\s+ON\s+(ONLY\s+)?(?<table>[\w"".]+)", Usual)]
    private static partial Regex Index();

    [GeneratedRegex(@"^CREATE\s+(OR\s+REPLACE\s+)?(CONSTRAINT\s+)?TRIGGER\s.*?\sON\s+(?<table>[\w"".]+)", Usual)]
    private static partial Regex Trigger();

    [GeneratedRegex(@"^((CREATE|ALTER|DROP)\s+(POLICY|RULE)\s.*?\sON\s+|DROP\s+TRIGGER\s.*?\sON\s+|DROP\s+TABLE\s+(IF\s+EXISTS\s+)?|TRUNCATE\s+(TABLE\s+)?)(?<table>[\w"".]+)(\s*,\s*(?<table>[\w"".]+))*", Usual)]
    private static partial Regex Whole();
}
