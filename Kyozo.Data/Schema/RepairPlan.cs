namespace Kyozo.Data.Schema;

/// <summary>What can be done about rows that break a rule.</summary>
enum Mend
{
    /// <summary>The value is replaced by one that says "we do not know".</summary>
    Replace,
    /// <summary>The row is removed: it says nothing that could be kept.</summary>
    Remove,
    /// <summary>A person has to decide; <c>db repair</c> only shows the rows.</summary>
    Leave,
}

/// <summary>One thing that is wrong, and how <c>kyozo db repair</c> mends it.</summary>
/// <param name="What">Sentence for a person.</param>
/// <param name="Mends">Statement for a person to read: what would be run. Null when it is left to a person.</param>
/// <param name="Show">Query that shows the rows, or null when no rows are concerned.</param>
public sealed record RepairFinding(string What, string? Mends, string? Show)
{
    internal RepairStep? Step { get; init; }
}

/// <summary>How one finding is mended.</summary>
/// <param name="Before">What is run before the rows are changed, in the same transaction.</param>
/// <param name="RowsSql">Statement that changes the rows and returns their team, or null.</param>
/// <param name="After">What is run after it, in the same transaction.</param>
/// <param name="Concurrently">What cannot be run in a transaction.</param>
sealed record RepairStep(IReadOnlyList<string> Before, string? RowsSql, IReadOnlyList<string> After, IReadOnlyList<string> Concurrently);

/// <summary>How rows are mended that break a rule about words, by the rule's name (the requirement: an unknown service type becomes <c>custom</c>). The trail is never changed: its chain would break.</summary>
static class EnumRepairs
{
    static readonly Dictionary<string, (string Column, string? Value)> Known = new()
    {
        ["service_instances.valid_service_type"] = ("service_type", "custom"),
        ["service_instances.valid_status"] = ("status", "unknown"),
        ["service_instances.valid_health"] = ("health", "unknown"),
        ["topology_detections.valid_deployment_strategy"] = ("deployment_strategy", "none"),
        ["service_dependencies.valid_dependency_type"] = ("dependency_type", "optional"),
        ["health_checks.valid_health_status"] = ("status", "unknown"),
        ["deployments.valid_deployment_status"] = ("status", "interrupted"),
        ["team_memberships.valid_role"] = ("role", "member"),
        ["engines.valid_engine_state"] = ("state", "unknown"),
        // A measurement or a right of an unknown kind says nothing.
        ["health_checks.valid_check_type"] = ("check_type", null),
        ["service_metrics.valid_metric_type"] = ("metric_type", null),
        ["service_metrics.valid_value"] = ("value", null),
        ["service_permissions.valid_permission_type"] = ("permission_type", null),
    };

    /// <summary>How rows of that table that break that rule are mended, the column, and what is written into it.</summary>
    public static (Mend Mend, string? Column, string? Value) Of(string table, string constraint) =>
        !Known.TryGetValue($"{table}.{constraint}", out var known) ? (Mend.Leave, null, null)
        : known.Value is null ? (Mend.Remove, known.Column, null)
        : (Mend.Replace, known.Column, known.Value);
}
