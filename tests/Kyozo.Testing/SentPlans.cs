using System.Text.Json;

namespace Kyozo.Testing;

/// <summary>The plan of every statement that is really sent to a database, as PostgreSQL's auto_explain writes it to the server's log. Sequential scans are made so dear that one is left only where no index could serve, whatever the number of rows.</summary>
public sealed class SentPlans
{
    readonly TestDatabase database;
    long from;

    SentPlans(TestDatabase database) => this.database = database;

    /// <summary>Watches the connections that are opened from now on.</summary>
    /// <returns>Null where the server's log cannot be read, as on a server that the tests were given.</returns>
    public static async Task<SentPlans?> WatchAsync(TestDatabase database, CancellationToken cancellationToken)
    {
        if (!await database.ReadAsync<bool>("SELECT EXISTS (SELECT FROM pg_ls_dir('.') f WHERE f = 'log') AND NOT (pg_stat_file('log')).isdir", cancellationToken)) return null;
        await database.ExecuteAsync(
            $"""
            ALTER DATABASE {database.Name} SET session_preload_libraries = 'auto_explain';
            ALTER DATABASE {database.Name} SET auto_explain.log_min_duration = 0;
            ALTER DATABASE {database.Name} SET auto_explain.log_format = 'json';
            ALTER DATABASE {database.Name} SET enable_seqscan = off;
            """, cancellationToken);
        var plans = new SentPlans(database);
        plans.from = await database.ReadAsync<long>("SELECT (pg_stat_file('log')).size", cancellationToken);
        return plans;
    }

    /// <summary>What was sent since <see cref="WatchAsync"/>, each different statement once.</summary>
    public async Task<IReadOnlyList<SentPlan>> ReadAsync(CancellationToken cancellationToken)
    {
        var log = await database.ReadAsync<string>($"SELECT pg_read_file('log', {from}, (pg_stat_file('log')).size - {from})", cancellationToken) ?? "";
        var plans = new Dictionary<string, SentPlan>();
        foreach (var entry in log.Split("  plan:\n").Skip(1))
        {
            // The lines of one entry begin with a tab.
            var json = string.Concat(entry.Split('\n').TakeWhile(line => line.StartsWith('\t')).Select(line => line[1..] + "\n"));
            using var document = JsonDocument.Parse(json);
            var query = document.RootElement.GetProperty("Query Text").GetString()!;
            plans.TryAdd(query, new(query, [.. Nodes(document.RootElement.GetProperty("Plan"))]));
        }

        return [.. plans.Values];
    }

    static IEnumerable<PlanNode> Nodes(JsonElement plan)
    {
        string? Text(string name) => plan.TryGetProperty(name, out var value) ? value.GetString() : null;
        yield return new(Text("Node Type")!, Text("Relation Name"), Text("Index Name"), Text("Index Cond"));
        if (!plan.TryGetProperty("Plans", out var children)) yield break;
        foreach (var node in children.EnumerateArray().SelectMany(Nodes)) yield return node;
    }
}

/// <summary>A statement and the nodes of its plan.</summary>
public sealed record SentPlan(string Query, IReadOnlyList<PlanNode> Nodes);

/// <summary>One node of a plan.</summary>
public sealed record PlanNode(string Type, string? Relation, string? Index, string? Condition)
{
    /// <summary>The table, for a partition its parent's: <c>health_checks_20261123</c> is <c>health_checks</c>.</summary>
    public string? Table => Relation is [.. var name, '_', _, _, _, _, _, _, _, _] && Relation[^8..].All(char.IsAsciiDigit) ? name : Relation;

    /// <summary>True when it looks at every row of its table.</summary>
    public bool ReadsAll => Type switch
    {
        "Seq Scan" => true,
        "Index Scan" or "Index Only Scan" or "Bitmap Index Scan" => Condition is null,
        _ => false,
    };
}
