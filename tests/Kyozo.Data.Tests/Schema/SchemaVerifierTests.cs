using Kyozo.Data.Schema;
using Kyozo.Testing;

namespace Kyozo.Data.Tests.Schema;

/// <summary>The checklist after a migration: all of it holds on a good database, and each fault is named.</summary>
public sealed class SchemaVerifierTests(PostgresFixture postgres)
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_migrated_database_has_no_fault_in_any_line_of_the_checklist_and_nothing_of_the_trial_stays()
    {
        await using var database = await postgres.CreateDatabaseAsync(Token);
        var teams = await database.ReadAsync<long>("SELECT count(*) FROM teams", Token);

        var items = await VerifyAsync(database);

        Assert.DoesNotContain(items, item => item.Fault is not null);
        string[] checklist =
        [
            "application", "basic functionality", "column", "constraint", "constraint enforced", "days ahead", "extension", "foreign key validated", "index", "index built", "index used",
            "migration", "partition", "partition rights", "role", "rollback plan", "row level security", "table", "trail rights",
        ];
        Assert.Empty(checklist.Except(items.Select(item => item.Kind)));
        Assert.Equal(teams, await database.ReadAsync<long>("SELECT count(*) FROM teams", Token));
        Assert.Equal(0, await database.ReadAsync<long>("SELECT (SELECT count(*) FROM service_instances) + (SELECT count(*) FROM event_heads) + (SELECT count(*) FROM engines WHERE name LIKE 'kyozo%')", Token));
    }

    [Theory]
    [InlineData("ALTER TABLE service_instances DROP CONSTRAINT valid_service_type", "constraint", "public.service_instances.valid_service_type")]
    [InlineData("ALTER TABLE service_instances DROP CONSTRAINT valid_service_type", "constraint enforced", "valid_service_type")]
    [InlineData("ALTER TABLE service_dependencies DISABLE TRIGGER USER", "constraint enforced", "no_dependency_cycle")]
    [InlineData("ALTER TABLE service_instances DROP CONSTRAINT fk_service_instances_workspaces_team_id_workspace_id", "foreign key validated", "public.service_instances.fk_service_instances_workspaces_team_id_workspace_id")]
    [InlineData("ALTER TABLE service_instances DISABLE TRIGGER USER", "basic functionality", "a service from a workspace alone")]
    [InlineData("DROP INDEX ix_service_instances_team_id_workspace_id_status", "index", "public.service_instances.ix_service_instances_team_id_workspace_id_status")]
    [InlineData("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'ix_files_service_indicators'::regclass", "index built", "ix_files_service_indicators")]
    [InlineData("DROP TABLE job_runs", "table", "public.job_runs")]
    [InlineData("DROP EXTENSION \"uuid-ossp\"", "extension", "uuid-ossp")]
    [InlineData("ALTER TABLE secrets NO FORCE ROW LEVEL SECURITY", "row level security", "secrets")]
    public async Task A_fault_is_named(string damage, string kind, string name)
    {
        await using var database = await postgres.CreateDatabaseAsync(Token);
        await database.ExecuteAsync($"SET allow_system_table_mods = on; {damage}", Token);

        Assert.Contains(await VerifyAsync(database), item => item.Kind == kind && item.Name == name && item.Fault is not null);
    }

    [Fact]
    public async Task A_hot_query_without_an_index_is_named()
    {
        await using var database = await postgres.CreateDatabaseAsync(Token);
        await database.ExecuteAsync("DROP INDEX ix_health_checks_service_instance_id_status_checked_at; DROP INDEX ix_health_checks_service_instance_id_checked_at", Token);

        Assert.Contains(await VerifyAsync(database), item => item is { Kind: "index used", Name: "service health status", Fault: not null });
    }

    static Task<IReadOnlyList<VerifiedItem>> VerifyAsync(TestDatabase database) => new SchemaVerifier(database.Admin, TimeProvider.System).VerifyAsync(Token);
}
