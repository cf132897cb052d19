using Kyozo.Data.Topology;
using Kyozo.Testing;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Kyozo.Data.Tests.Schema;

/// <summary>Every table, column, value and constraint that the seed names is there.</summary>
public sealed class SeedSchemaTests(DatabaseFixture fixture) : IClassFixture<DatabaseFixture>
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("topology_detections", "id workspace_id team_id detected_patterns confidence_scores recommended_services service_graph deployment_strategy folder_path detected_at")]
    [InlineData("service_instances", "id name folder_path service_type workspace_id team_id topology_detection_id deployment_config port_mappings resource_limits scaling_config status container_id image_id")]
    [InlineData("deployment_events", "id service_instance_id team_id event_type event_data sequence_num error_message duration_ms occurred_at user_id")]
    [InlineData("service_dependencies", "id service_instance_id depends_on_id dependency_type startup_order env_variable connection_template team_id")]
    [InlineData("health_checks", "id service_instance_id team_id check_type status response_time_ms error_message checked_at")]
    [InlineData("service_metrics", "id service_instance_id team_id metric_type value unit recorded_at")]
    [InlineData("service_permissions", "id service_instance_id team_id user_id permission_type granted_by granted_at revoked_at")]
    [InlineData("workspaces", "container_enabled service_topology auto_deploy_enabled deployment_environment container_registry_url default_resource_limits")]
    [InlineData("files", "service_metadata is_service_indicator detected_technologies analysis_confidence last_analyzed_at")]
    public async Task Has_the_columns(string table, string columns)
    {
        var present = await ColumnAsync($"SELECT column_name FROM information_schema.columns WHERE table_schema = 'public' AND table_name = '{table}'");
        Assert.Empty(columns.Split(' ').Except(present));
    }

    [Theory]
    [InlineData("service_instances", "valid_service_type", "nodejs python dotnet go php ruby java static dockerfile custom postgres mysql redis mongodb rabbitmq")]
    [InlineData("service_instances", "valid_status", "detected queued building starting running degraded crash_looping stopping stopped failed unknown")]
    [InlineData("deployment_events", "valid_event_type", "deployment_started deployment_completed deployment_failed service_started service_stopped service_restarted service_scaled health_check_passed health_check_failed configuration_updated image_built image_pushed")]
    [InlineData("service_dependencies", "valid_dependency_type", "requires optional conflicts")]
    [InlineData("health_checks", "valid_check_type", "http tcp exec grpc docker")]
    [InlineData("health_checks", "valid_health_status", "healthy unhealthy timed_out unknown")]
    [InlineData("service_metrics", "valid_metric_type", "cpu memory disk network requests errors")]
    [InlineData("service_permissions", "valid_permission_type", "deploy_service stop_service scale_service view_logs modify_config delete_service")]
    public async Task Has_the_constraint_with_the_words(string table, string constraint, string words)
    {
        var definition = await fixture.Database.ReadAsync<string>(
            $"SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = '{table}'::regclass AND conname = '{constraint}'", Token);
        Assert.NotNull(definition);
        Assert.All(words.Split(' '), word => Assert.Contains($"'{word}'", definition, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("deployment_events", "(service_instance_id, occurred_at DESC)")]
    [InlineData("health_checks", "(service_instance_id, status, checked_at DESC)")]
    [InlineData("service_instances", "(team_id, workspace_id, status)")]
    [InlineData("service_metrics", "(service_instance_id, metric_type, recorded_at DESC)")]
    [InlineData("service_metrics", "WHERE ((value > ")]
    [InlineData("health_checks", "WHERE (status = ANY")]
    [InlineData("service_permissions", "WHERE (revoked_at IS NULL)")]
    [InlineData("files", "USING gin (detected_technologies)")]
    [InlineData("topology_detections", "USING gin (detected_patterns jsonb_path_ops)")]
    public async Task Has_the_index(string table, string definition)
    {
        var indexes = await ColumnAsync($"SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename = '{table}'");
        Assert.Contains(indexes, index => index.Contains(definition, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Everything_in_a_service_but_the_six_of_the_seeds_insert_has_a_default()
    {
        var without = await ColumnAsync(
            """
            SELECT column_name FROM information_schema.columns
            WHERE table_schema = 'public' AND table_name = 'service_instances' AND is_nullable = 'NO' AND column_default IS NULL
            """);
        Assert.Equal(["folder_path", "id", "name", "service_type", "team_id", "workspace_id"], without.Order());
    }

    [Fact]
    public async Task A_service_that_names_only_its_workspace_belongs_to_the_workspaces_team()
    {
        var team = await A.TeamAsync(fixture.Database, Token);
        var workspace = await A.WorkspaceAsync(fixture.Database, team, Token);

        await fixture.Database.ExecuteAsync(
            $"INSERT INTO service_instances (id, name, folder_path, service_type, workspace_id) VALUES ('{A.Id()}', 'test-service', '/test', 'nodejs', '{workspace.Id}')", Token);

        Assert.Equal(team.Id, await fixture.Database.ReadAsync<Guid>($"SELECT team_id FROM service_instances WHERE workspace_id = '{workspace.Id}'", Token));
    }

    [Fact]
    public async Task An_analysis_that_names_only_its_workspace_and_folder_belongs_to_the_workspaces_team_and_has_found_nothing()
    {
        var team = await A.TeamAsync(fixture.Database, Token);
        var workspace = await A.WorkspaceAsync(fixture.Database, team, Token);

        await fixture.SqlAsync(fixture.Database.Worker, null, $"INSERT INTO topology_detections (id, workspace_id, folder_path) VALUES ('{A.Id()}', '{workspace.Id}', '/test')");

        await using var db = fixture.Database.OpenAsAdmin();
        var detection = await db.TopologyDetections.SingleAsync(d => d.WorkspaceId == workspace.Id, Token);
        Assert.Equal(team.Id, detection.TeamId);
        Assert.Equal(DeploymentStrategy.None, detection.DeploymentStrategy);
        Assert.Empty(detection.ServiceGraph.Services);
        Assert.Empty(detection.RecommendedServices);
    }

    [Theory]
    [InlineData("service_instances", "id, name, folder_path, service_type, workspace_id", "'test-service', '/test', 'nodejs'")]
    [InlineData("topology_detections", "id, folder_path, workspace_id", "'/test'")]
    public async Task A_row_of_a_workspace_that_is_not_there_is_refused_as_the_seed_says(string table, string columns, string values)
    {
        var refused = await fixture.RefusedAsync(fixture.Database.Admin, null, $"INSERT INTO {table} ({columns}) VALUES ('{A.Id()}', {values}, '{A.Id()}')");
        Assert.Equal(PostgresErrorCodes.ForeignKeyViolation, refused.SqlState);
    }

    async Task<List<string>> ColumnAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(fixture.Database.Admin);
        await connection.OpenAsync(Token);
        await using var command = new NpgsqlCommand(sql, connection);
        await using var reader = await command.ExecuteReaderAsync(Token);
        var values = new List<string>();
        while (await reader.ReadAsync(Token)) values.Add(reader.GetString(0));
        return values;
    }
}
