using Kyozo.Data.Schema;
using Kyozo.Testing;
using Microsoft.EntityFrameworkCore;

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
}
