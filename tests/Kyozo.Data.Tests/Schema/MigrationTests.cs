using Kyozo.Data.Schema;
using Kyozo.Testing;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Kyozo.Data.Tests.Schema;

public sealed class MigrationTests(PostgresFixture postgres)
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_model_has_no_change_without_a_migration()
    {
        await using var database = await postgres.CreateDatabaseAsync(Token);
        await using var db = database.OpenAsAdmin();

        Assert.False(db.Database.HasPendingModelChanges());
        Assert.Empty(await db.Database.GetPendingMigrationsAsync(Token));
    }

    [Fact]
    public async Task Up_and_down_and_up_again_leaves_the_same_schema()
    {
        await using var database = await postgres.CreateEmptyDatabaseAsync(Token);
        var migrator = new Migrator(database.Admin, PostgresFixture.Passwords, TimeProvider.System, _ => { });

        await migrator.MigrateAsync(to: null, Token);
        var first = await PgDump.SchemaAsync(database, Token);
        await migrator.RollbackAsync(Migrator.Nothing, Token);
        var nothing = await PgDump.SchemaAsync(database, Token);
        await migrator.MigrateAsync(to: null, Token);
        var second = await PgDump.SchemaAsync(database, Token);

        Assert.DoesNotContain("service_instances", nothing, StringComparison.Ordinal);
        Assert.Equal(first, second);
    }

    [Fact]
    public async Task Every_migration_can_be_taken_back_alone_and_applied_again()
    {
        await using var database = await postgres.CreateEmptyDatabaseAsync(Token);
        var migrator = new Migrator(database.Admin, PostgresFixture.Passwords, TimeProvider.System, _ => { });
        var migrations = await migrator.ReadStatusAsync(Token);

        foreach (var migration in migrations)
        {
            await migrator.MigrateAsync(migration.Id, Token);
            var before = await PgDump.SchemaAsync(database, Token);
            await migrator.RollbackAsync(to: null, Token);
            await migrator.MigrateAsync(migration.Name, Token);
            Assert.Equal(before, await PgDump.SchemaAsync(database, Token));
        }
    }

    [Fact]
    public async Task The_seeds_nine_migrations_have_its_names_and_order()
    {
        await using var database = await postgres.CreateEmptyDatabaseAsync(Token);
        var names = (await new Migrator(database.Admin, PostgresFixture.Passwords, TimeProvider.System, _ => { }).ReadStatusAsync(Token))
            .Select(migration => migration.Name);

        Assert.Equal(
            [
                "CreateCoreTables", "CreateTopologyDetections", "CreateServiceInstances", "CreateDeploymentEvents", "CreateServiceDependencies",
                "CreateHealthChecks", "CreateServiceMetrics", "CreateServicePermissions", "AddContainerFieldsToWorkspaces", "AddServiceFieldsToFiles",
            ],
            names.Take(10));
    }

    [Fact]
    public async Task Migrators_at_the_same_moment_wait_for_each_other()
    {
        await using var database = await postgres.CreateEmptyDatabaseAsync(Token);

        await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => new Migrator(database.Admin, PostgresFixture.Passwords, TimeProvider.System, _ => { }).MigrateAsync(to: null, Token)));

        Assert.All(await new Migrator(database.Admin, PostgresFixture.Passwords, TimeProvider.System, _ => { }).ReadStatusAsync(Token), migration => Assert.True(migration.Applied));
    }

    [Fact]
    public async Task An_administrator_who_is_no_superuser_can_migrate()
    {
        await using var database = await postgres.CreateEmptyDatabaseAsync(Token);
        var name = $"{database.Name}_operator";
        await database.ExecuteAsync($"CREATE ROLE {name} LOGIN CREATEROLE PASSWORD 'x'; ALTER DATABASE {database.Name} OWNER TO {name}", Token);
        try
        {
            var connection = new NpgsqlConnectionStringBuilder(database.Admin) { Username = name, Password = "x" }.ConnectionString;
            await new Migrator(connection, PostgresFixture.Passwords, TimeProvider.System, _ => { }).MigrateAsync(to: null, Token);
            Assert.DoesNotContain(await new SchemaVerifier(connection, TimeProvider.System).VerifyAsync(Token), item => item.Fault is not null);
        }
        finally
        {
            await database.ExecuteAsync($"ALTER DATABASE {database.Name} OWNER TO CURRENT_USER; REASSIGN OWNED BY {name} TO CURRENT_USER; DROP OWNED BY {name}; DROP ROLE {name}", Token);
        }
    }

    [Fact]
    public async Task The_backup_role_dumps_every_row_of_every_team()
    {
        await using var database = await postgres.CreateDatabaseAsync(Token);
        var service = await A.ServiceAsync(database, await A.WorkspaceAsync(database, await A.TeamAsync(database, Token), Token), Token);
        await database.ExecuteAsync($"SELECT append_event('{A.Id()}', '{service.TeamId}', '{service.Id}', 'service_started', '{{}}')", Token);

        var backup = new NpgsqlConnectionStringBuilder(database.Admin) { Username = DatabaseRoles.Backup, Password = PostgresFixture.Passwords[DatabaseRoles.Backup] };
        var dump = (await PgDump.RunAsync("pg_dump", backup.ConnectionString, ["--data-only"], null, Token)).Succeeded();

        Assert.Contains($"{service.Id}\tservice_started", dump, StringComparison.Ordinal);
    }
}
