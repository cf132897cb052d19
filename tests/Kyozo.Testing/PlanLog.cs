using System.Text;
using System.Text.Json;
using Npgsql;

namespace Kyozo.Testing;

/// <summary>How PostgreSQL ran each statement of one role in one database: the server explains them all into its log (<c>auto_explain</c>), whoever sends them.</summary>
public sealed class PlanLog
{
    readonly string _log;
    long _read;

    PlanLog(string log) => _log = log;

    /// <summary>From now on, for connections that the role opens from now on.</summary>
    public static async Task<PlanLog> StartAsync(PostgresFixture postgres, TestDatabase database, string role, CancellationToken cancellationToken)
    {
        foreach (var (setting, value) in new Dictionary<string, string>
        {
            ["session_preload_libraries"] = "auto_explain",
            ["auto_explain.log_min_duration"] = "0",
            ["auto_explain.log_analyze"] = "on",
            ["auto_explain.log_timing"] = "off",
            ["auto_explain.log_nested_statements"] = "on",
            ["auto_explain.log_format"] = "json",
        })
            await database.ExecuteAsync($"ALTER ROLE {role} IN DATABASE {database.Name} SET {setting} = '{value}'", cancellationToken);
        NpgsqlConnection.ClearAllPools();
        var started = new PlanLog(postgres.ServerLog ?? throw new InvalidOperationException("The log of a server that KYOZO_TEST_POSTGRES names cannot be read: leave it unset for this test."));
        started.Take();
        return started;
    }

    /// <summary>The statements that have ended since the last call.</summary>
    public IReadOnlyList<StatementPlan> Take()
    {
        using var file = new FileStream(_log, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        file.Position = _read;
        using var reader = new StreamReader(file, Encoding.UTF8);
        var text = reader.ReadToEnd();
        _read = file.Length;
        return [.. Parse(text)];
    }

    // 2026-11-25 16:44:07.123 UTC [4711] LOG:  duration: 0.042 ms  plan:
    // <tab>{
    // <tab>  "Query Text": "SELECT …",
    // <tab>  "Plan": { "Node Type": "Index Scan", … }
    // <tab>}
    static IEnumerable<StatementPlan> Parse(string text)
    {
        StringBuilder? plan = null;
        foreach (var line in text.Split('\n').Append(""))
        {
            if (plan is not null && line.StartsWith('\t'))
            {
                plan.AppendLine(line);
                continue;
            }

            if (plan is { Length: > 0 })
            {
                using var json = JsonDocument.Parse(plan.ToString());
                yield return StatementPlan.Read(json.RootElement);
            }

            plan = line.EndsWith("plan:", StringComparison.Ordinal) ? new() : null;
        }
    }
}

/// <summary>One statement as it was run.</summary>
/// <param name="Sql">Its text.</param>
/// <param name="Scans">The scans of tables and indexes that were really executed.</param>
/// <param name="NodesRemoved">Parts of partitioned tables that were left out before the first row was read.</param>
/// <param name="NeverExecuted">Parts that were not reached: the rows before were enough.</param>
/// <param name="Text">The whole plan, to look at.</param>
public sealed record StatementPlan(string Sql, IReadOnlyList<Scan> Scans, int NodesRemoved, int NeverExecuted, string Text)
{
    /// <summary>From EXPLAIN (ANALYZE, FORMAT JSON) or auto_explain.</summary>
    public static StatementPlan Read(JsonElement explained)
    {
        var scans = new List<Scan>();
        var (removed, never) = (0, 0);
        Visit(explained.GetProperty("Plan"));
        return new(explained.TryGetProperty("Query Text", out var sql) ? sql.GetString()! : "", scans, removed, never, explained.ToString());

        void Visit(JsonElement node)
        {
            removed += Number(node, "Subplans Removed");
            var loops = Number(node, "Actual Loops");
            if (Word(node, "Relation Name") is { } table)
            {
                if (loops == 0) never++;
                else scans.Add(new(table, Word(node, "Node Type")!, IndexOf(node), (Number(node, "Actual Rows") + Number(node, "Rows Removed by Filter")) * loops, Number(node, "Rows Removed by Filter") * loops));
            }

            if (!node.TryGetProperty("Plans", out var children)) return;
            foreach (var child in children.EnumerateArray()) Visit(child);
        }
    }

    // A bitmap heap scan names the table, its child the index.
    static string? IndexOf(JsonElement node) =>
        Word(node, "Index Name") ?? (node.TryGetProperty("Plans", out var children) ? children.EnumerateArray().Select(IndexOf).FirstOrDefault(name => name is not null) : null);

    static int Number(JsonElement node, string name) => node.TryGetProperty(name, out var value) ? (int)value.GetDouble() : 0;

    static string? Word(JsonElement node, string name) => node.TryGetProperty(name, out var value) ? value.GetString() : null;
}

/// <summary>One executed scan.</summary>
/// <param name="Table">Table or partition.</param>
/// <param name="Kind">PostgreSQL's word: Seq Scan, Index Scan, …</param>
/// <param name="Index">The index, or null.</param>
/// <param name="RowsRead">Rows that it gave or threw away.</param>
/// <param name="RowsThrownAway">Of these: those that the statement had no use for.</param>
public sealed record Scan(string Table, string Kind, string? Index, int RowsRead, int RowsThrownAway);
