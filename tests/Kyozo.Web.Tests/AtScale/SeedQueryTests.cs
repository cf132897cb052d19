using System.Globalization;
using System.Text.Json;
using Kyozo.Testing;
using Npgsql;

namespace Kyozo.Web.Tests.AtScale;

/// <summary>The requirement's three queries and the permission check at a million rows, as the portal and behind row level security: with a plan made for the values and with one made for all.</summary>
[Collection(AtScale.Name)]
public sealed class SeedQueryTests(BigInstallation big)
{
    static readonly Guid Service = BulkRows.Id('b', 123);

    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("force_custom_plan")]
    [InlineData("force_generic_plan")]
    public async Task Recent_events_of_a_service_come_from_its_index_in_the_days_asked_for(string mode)
    {
        var plan = await ExplainAsync(
            mode, "uuid, timestamptz", "SELECT * FROM deployment_events WHERE service_instance_id = $1 AND occurred_at > $2 ORDER BY occurred_at DESC", $"'{Service}', '{DaysAgo(7)}'");

        AssertOnlyIndex(plan, "deployment_events", "service_instance_id_occurred_at");
        Assert.All(plan.Scans, scan => Assert.True(DayOf(scan.Table) >= Today.AddDays(-7), scan.Table));
        Assert.Contains(plan.Scans, scan => DayOf(scan.Table) == Today.AddDays(-7));
    }

    [Theory]
    [InlineData("force_custom_plan")]
    [InlineData("force_generic_plan")]
    public async Task The_requirement_s_own_words_leave_out_older_days_too(string mode)
    {
        var plan = await ExplainAsync(
            mode, "uuid", "SELECT * FROM deployment_events WHERE service_instance_id = $1 AND occurred_at > NOW() - INTERVAL '7 days' ORDER BY occurred_at DESC", $"'{Service}'");

        AssertOnlyIndex(plan, "deployment_events", "service_instance_id_occurred_at");
        Assert.True(plan.NodesRemoved >= 80, plan.Text);
    }

    [Theory]
    [InlineData("force_custom_plan")]
    [InlineData("force_generic_plan")]
    public async Task The_last_healthy_check_of_a_service_is_found_from_the_newest_day_back(string mode)
    {
        var plan = await ExplainAsync(
            mode, "uuid", "SELECT * FROM health_checks WHERE service_instance_id = $1 AND status = 'healthy' ORDER BY checked_at DESC LIMIT 1", $"'{Service}'");

        AssertOnlyIndex(plan, "health_checks", "service_instance_id_status_checked_at");
        Assert.True(plan.NeverExecuted >= 25, plan.Text);
    }

    [Theory]
    [InlineData("force_custom_plan")]
    [InlineData("force_generic_plan")]
    public async Task A_service_s_metrics_come_from_its_index_in_the_days_asked_for(string mode)
    {
        var plan = await ExplainAsync(
            mode, "uuid, timestamptz, timestamptz",
            """
            SELECT metric_type, unit, date_bin('5 minutes', recorded_at, 'epoch') AS at, avg(value) AS mean, sum(value) AS total
            FROM service_metrics WHERE service_instance_id = $1 AND recorded_at >= $2 AND recorded_at < $3 GROUP BY metric_type, unit, at
            """, $"'{Service}', '{DaysAgo(2)}', '{DaysAgo(1)}'");

        AssertOnlyIndex(plan, "service_metrics", "service_instance_id_metric_type_recorded_at");
        Assert.All(plan.Scans, scan => Assert.InRange(DayOf(scan.Table), Today.AddDays(-2), Today.AddDays(-1)));
    }

    [Theory]
    [InlineData("force_custom_plan")]
    [InlineData("force_generic_plan")]
    public async Task Running_services_of_a_workspace_come_from_the_composite_index(string mode)
    {
        var plan = await ExplainAsync(
            mode, "uuid, uuid", "SELECT * FROM service_instances WHERE team_id = $1 AND workspace_id = $2 AND status = 'running'", $"'{BulkRows.Team}', '{BulkRows.Id('a', 7)}'");

        AssertOnlyIndex(plan, "service_instances", "ix_service_instances_team_id_workspace_id_status");
    }

    [Theory]
    [InlineData("force_custom_plan")]
    [InlineData("force_generic_plan")]
    public async Task A_permission_is_found_by_its_index(string mode)
    {
        var plan = await ExplainAsync(
            mode, "uuid, uuid, uuid", "SELECT permission_type FROM service_permissions WHERE team_id = $1 AND service_instance_id = $2 AND user_id = $3 AND revoked_at IS NULL",
            $"'{BulkRows.Team}', '{Service}', '{BulkRows.Id('c', 42)}'");

        AssertOnlyIndex(plan, "service_permissions", "ix_service_permissions_service_instance_id_user_id_permission_");
        Assert.Equal(1, plan.Scans.Sum(scan => scan.RowsRead));
    }

    static void AssertOnlyIndex(StatementPlan plan, string table, string index)
    {
        var scans = plan.Scans.Where(scan => scan.RowsRead > 0 && (scan.Kind != "Seq Scan" || scan.RowsRead > BigInstallation.HardlyAny)).ToList();
        Assert.NotEmpty(scans);
        Assert.All(scans, scan => Assert.StartsWith(table, scan.Table, StringComparison.Ordinal));
        Assert.All(scans, scan => Assert.True(scan.Index is not null && scan.Index.Contains(ShortOf(index), StringComparison.Ordinal), $"{scan.Table} by {scan.Kind} {scan.Index}, not {index}:\n{plan.Text}"));
    }

    // PostgreSQL cuts the names of partitions' indexes at 63 characters: "health_checks_20261123_service_instance_id_status_checked_at_idx".
    static string ShortOf(string index) => index.StartsWith("ix_", StringComparison.Ordinal) ? index : index[.."service_instance_id".Length];

    async Task<StatementPlan> ExplainAsync(string mode, string types, string sql, string values)
    {
        await using var connection = new NpgsqlConnection(big.Database.Portal);
        await connection.OpenAsync(Token);
        await using var prepare = new NpgsqlCommand($"SET plan_cache_mode = {mode}; SET app.team_id = '{BulkRows.Team}'; PREPARE asked({types}) AS {sql}", connection);
        await prepare.ExecuteNonQueryAsync(Token);
        await using var explain = new NpgsqlCommand($"EXPLAIN (ANALYZE, TIMING off, FORMAT json) EXECUTE asked({values})", connection);
        using var json = JsonDocument.Parse((string)(await explain.ExecuteScalarAsync(Token))!);
        return StatementPlan.Read(json.RootElement[0]);
    }

    static DateOnly Today => DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime);

    static DateOnly DayOf(string partition) => DateOnly.ParseExact(partition[^8..], "yyyyMMdd", CultureInfo.InvariantCulture);

    static string DaysAgo(int days) => TimeProvider.System.GetUtcNow().AddDays(-days).ToString("O", CultureInfo.InvariantCulture);
}
