namespace Kyozo.Engine.Retention;

/// <summary>How long the rows of one table are kept, and who wants it so.</summary>
/// <param name="Table">The partitioned table.</param>
/// <param name="Kept">A partition goes when its youngest row is older.</param>
/// <param name="Wanted">"the installation" or "workspace team/name".</param>
public sealed record RetentionLimit(string Table, TimeSpan Kept, string Wanted);

/// <summary>What a workspace asks for beyond the installation's limits, in days; null: nothing.</summary>
/// <param name="Workspace">"team/name", for people.</param>
/// <param name="Events">Days of events.</param>
/// <param name="HealthChecks">Days of health checks.</param>
/// <param name="Metrics">Days of metrics.</param>
public sealed record WorkspaceRetention(string Workspace, int? Events, int? HealthChecks, int? Metrics);

/// <summary>The limits in force. A day's partition holds rows of every workspace, so the longest wish decides; a shorter one than the installation's counts for nothing.</summary>
public static class RetentionLimits
{
    /// <summary>The partitioned tables.</summary>
    public const string Events = "deployment_events";

    /// <inheritdoc cref="Events"/>
    public const string HealthChecks = "health_checks";

    /// <inheritdoc cref="Events"/>
    public const string Metrics = "service_metrics";

    /// <summary>One limit for each table.</summary>
    public static IReadOnlyList<RetentionLimit> Decide(RetentionOptions installation, IReadOnlyList<WorkspaceRetention> workspaces) =>
    [
        Longest(Events, installation.Events, workspaces, workspace => workspace.Events),
        Longest(HealthChecks, installation.HealthChecks, workspaces, workspace => workspace.HealthChecks),
        Longest(Metrics, installation.Metrics, workspaces, workspace => workspace.Metrics),
    ];

    static RetentionLimit Longest(string table, TimeSpan installation, IReadOnlyList<WorkspaceRetention> workspaces, Func<WorkspaceRetention, int?> days)
    {
        var longest = workspaces.Where(workspace => days(workspace) is not null).OrderByDescending(days).ThenBy(workspace => workspace.Workspace, StringComparer.Ordinal).FirstOrDefault();
        return longest is not null && TimeSpan.FromDays(days(longest)!.Value) is var wanted && wanted > installation
            ? new(table, wanted, $"workspace {longest.Workspace}")
            : new(table, installation, "the installation");
    }
}
