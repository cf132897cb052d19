using Kyozo.Data.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Kyozo.Data.Tests.Tenancy;

/// <summary>Every table of teams × the other team's rows × every way to reach them, as the portal (SAFETY T3, T5).</summary>
public sealed class EveryTableTests(EveryTable every) : IClassFixture<EveryTable>
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void The_catalog_gave_all_tables()
    {
        string[] known = ["teams", "team_memberships", "workspaces", "files", "service_instances", "deployment_events", "audit_events", "event_heads", "secrets", "gateway_counts"];
        Assert.Subset(every.Tables.Select(table => table.Name).ToHashSet(), known.ToHashSet());
        Assert.True(every.Tables.Count >= 20);
    }

    [Fact]
    public async Task Select_gives_the_own_rows_alone_and_without_an_actor_none()
    {
        foreach (var table in every.Tables)
        {
            await using var blue = await EveryTable.OpenAsync(every.Database.Portal, every.Blue);
            if (!table.Readable.Any())
            {
                await RefusedAsync(blue, table, $"SELECT count(*) FROM {table.Name}");
                continue;
            }

            var columns = string.Join(", ", table.Readable.Select(column => column.Quoted));
            foreach (var select in (string[])[$"SELECT {table.Team}, {columns} FROM {table.Name}", $"SELECT {table.Team}, {columns} FROM {table.Name} WHERE {table.Team} = '{every.Red.TeamId}' OR true"])
                Assert.Equal([every.Blue.TeamId.ToString()], (await EveryTable.ColumnAsync(blue, select)).Distinct());
            Assert.DoesNotContain(every.Red.TeamId.ToString(), await CopyAsync(blue, $"COPY {table.Name} ({table.Team}) TO STDOUT"));

            await using var nobody = await EveryTable.OpenAsync(every.Database.Portal, null);
            Assert.True((await EveryTable.ColumnAsync(nobody, $"SELECT {table.Team} FROM {table.Name}")).Count == 0, $"{table} shows rows to nobody");
        }
    }

    [Fact]
    public async Task Insert_of_a_row_of_another_team_is_refused()
    {
        foreach (var table in every.Tables)
        {
            await using var blue = await EveryTable.OpenAsync(every.Database.Portal, every.Blue);
            var may = table.Insertable.Any(column => column.Name == table.Team);
            await RefusedAsync(blue, table, table.Insert(every.Red.TeamId, may ? table.Insertable : table.Columns));
            await using var nobody = await EveryTable.OpenAsync(every.Database.Portal, null);
            await RefusedAsync(nobody, table, table.Insert(every.Blue.TeamId, may ? table.Insertable : table.Columns));
        }
    }

    [Fact]
    public async Task Insert_over_a_row_of_another_team_is_refused()
    {
        foreach (var table in every.Tables.Where(table => table.Insertable.Any(column => column.Name == "id") && table.Updatable.Any()))
        {
            var before = await every.RedRowsAsync(table);
            await using var blue = await EveryTable.OpenAsync(every.Database.Portal, every.Blue);
            await using var admin = await EveryTable.OpenAsync(every.Database.Admin, null);
            var red = Assert.Single(await EveryTable.ColumnAsync(admin, $"SELECT id FROM {table.Name} WHERE {table.Team} = '{every.Red.TeamId}'"));
            var column = table.Updatable.First().Quoted;
            var insert = table.Insert(every.Blue.TeamId, table.Insertable.Where(c => c.Name != "id" && c.Name != table.Team)).Replace($"INSERT INTO {table.Name} (", $"INSERT INTO {table.Name} (id{(table.Team == "id" ? "" : ", team_id")}, ", StringComparison.Ordinal)
                .Replace("VALUES (", $"VALUES ('{red}'{(table.Team == "id" ? "" : $", '{every.Blue.TeamId}'")}, ", StringComparison.Ordinal);
            var refused = await Assert.ThrowsAsync<PostgresException>(() => EveryTable.ExecuteAsync(blue, $"{insert} ON CONFLICT (id) DO UPDATE SET {column} = {table.Name}.{column}"));
            Assert.NotEqual(PostgresErrorCodes.SyntaxError, refused.SqlState);
            Assert.Equal(before, await every.RedRowsAsync(table));
        }
    }

    [Fact]
    public async Task Update_leaves_the_rows_of_another_team_as_they_are()
    {
        foreach (var table in every.Tables)
        {
            var before = await every.RedRowsAsync(table);
            Assert.NotEmpty(before);
            await using var blue = await EveryTable.OpenAsync(every.Database.Portal, every.Blue);
            foreach (var column in table.Columns)
            {
                var update = $"UPDATE {table.Name} SET {column.Quoted} = {column.Quoted}";
                if (!column.MayUpdate) await RefusedAsync(blue, table, update);
                else
                {
                    await using var transaction = await blue.BeginTransactionAsync(Token);
                    Assert.Equal(0, await EveryTable.ExecuteAsync(blue, $"{update} WHERE {table.Team} = '{every.Red.TeamId}'"));
                    // The own row can be written: the statement above was not refused for another reason.
                    Assert.Equal(1, await EveryTable.ExecuteAsync(blue, update));
                    Assert.Empty(await EveryTable.ColumnAsync(blue, $"SELECT 1 FROM {table.Name} WHERE {table.Team} = '{every.Red.TeamId}' FOR UPDATE"));
                }
            }

            await RefusedAsync(blue, table, $"UPDATE {table.Name} SET {table.Team} = '{every.Red.TeamId}'");
            Assert.Equal(before, await every.RedRowsAsync(table));
        }
    }

    [Fact]
    public async Task Delete_and_truncate_leave_the_rows_of_another_team()
    {
        foreach (var table in every.Tables)
        {
            var before = await every.RedRowsAsync(table);
            await using var blue = await EveryTable.OpenAsync(every.Database.Portal, every.Blue);
            await RefusedAsync(blue, table, $"TRUNCATE {table.Name}");
            if (!table.MayDelete) await RefusedAsync(blue, table, $"DELETE FROM {table.Name}");
            else
            {
                await using var transaction = await blue.BeginTransactionAsync(Token);
                Assert.Equal(0, await EveryTable.ExecuteAsync(blue, $"DELETE FROM {table.Name} WHERE {table.Team} = '{every.Red.TeamId}'"));
                Assert.Equal([every.Blue.TeamId.ToString()], await EveryTable.ColumnAsync(blue, $"DELETE FROM {table.Name} RETURNING {table.Team}"));
            }

            Assert.Equal(before, await every.RedRowsAsync(table));
        }
    }

    [Fact]
    public async Task The_walls_cannot_be_taken_down_by_who_is_behind_them()
    {
        foreach (var table in every.Tables)
        {
            await using var blue = await EveryTable.OpenAsync(every.Database.Portal, every.Blue);
            foreach (var sql in (string[])
                [
                    $"ALTER TABLE {table.Name} DISABLE ROW LEVEL SECURITY", $"CREATE POLICY mine ON {table.Name} USING (true)", $"DROP POLICY owner ON {table.Name}",
                    $"CREATE TRIGGER mine BEFORE INSERT ON {table.Name} FOR EACH ROW EXECUTE FUNCTION notify_change()", $"ALTER TABLE {table.Name} OWNER TO kyozo_portal",
                ])
                await RefusedAsync(blue, table, sql);
        }

        await using var portal = await EveryTable.OpenAsync(every.Database.Portal, every.Blue);
        foreach (var sql in (string[])["SET ROLE kyozo_owner", "SET ROLE kyozo_worker", "SET session_replication_role = replica", "CREATE TABLE mine (id int)", "CREATE VIEW mine AS SELECT 1", "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'"])
            Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, (await Assert.ThrowsAsync<PostgresException>(() => EveryTable.ExecuteAsync(portal, sql))).SqlState);
        await EveryTable.ExecuteAsync(portal, "SET row_security = off");
        foreach (var table in every.Tables.Where(table => table.Readable.Any()))
            await Assert.ThrowsAsync<PostgresException>(() => EveryTable.ColumnAsync(portal, $"SELECT {table.Team} FROM {table.Name}"));
    }

    [Fact]
    public async Task The_ways_of_the_object_mapper_lead_to_no_foreign_row()
    {
        await using var services = every.Database.BuildServices(every.Database.Portal);
        using var acting = services.GetRequiredService<CurrentActor>().Use(every.Blue);
        var contexts = services.GetRequiredService<IDbContextFactory<KyozoContext>>();
        await using var model = await contexts.CreateDbContextAsync(Token);
        var entities = model.Model.GetEntityTypes().Where(entity => entity.FindProperty("TeamId") is not null).ToList();
        Assert.True(entities.Count >= 17);
        // No navigation leads from one entity to another, so there is nothing for Include to follow.
        Assert.Empty(entities.SelectMany(entity => entity.GetNavigations()));

        var method = typeof(EveryTableTests).GetMethod(nameof(TryAllAsync), System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Instance)!;
        foreach (var entity in entities)
        {
            var table = every.Tables.Single(one => one.Name == entity.GetTableName());
            var before = await every.RedRowsAsync(table);
            await (Task)method.MakeGenericMethod(entity.ClrType).Invoke(this, [contexts, table])!;
            Assert.Equal(before, await every.RedRowsAsync(table));
        }
    }

    async Task TryAllAsync<T>(IDbContextFactory<KyozoContext> contexts, TeamTable table) where T : class
    {
        async Task<TResult?> RunAsync<TResult>(Func<KyozoContext, Task<TResult>> run)
        {
            await using var db = await contexts.CreateDbContextAsync(Token);
            try
            {
                return await run(db);
            }
            catch (Exception e) when ((e as PostgresException ?? e.InnerException as PostgresException)?.SqlState is PostgresErrorCodes.InsufficientPrivilege)
            {
                return default;
            }
        }

        var red = every.Red.TeamId;
        var (all, sly) = ($"SELECT * FROM {table.Name}", $"SELECT * FROM {table.Name} WHERE team_id = '{red}' OR true");
        Assert.Equal(0, await RunAsync(db => db.Set<T>().IgnoreQueryFilters().CountAsync(e => EF.Property<Guid>(e, "TeamId") == red, Token)));
        Assert.False(await RunAsync(db => db.Set<T>().AnyAsync(e => EF.Property<Guid>(e, "TeamId") != every.Blue.TeamId, Token)));
        Assert.DoesNotContain(red, await RunAsync(db => db.Set<T>().Select(e => EF.Property<Guid>(e, "TeamId")).ToListAsync(Token)) ?? []);
        Assert.Equal(0, await RunAsync(db => db.Set<T>().FromSqlRaw(all).CountAsync(e => EF.Property<Guid>(e, "TeamId") == red, Token)));
        Assert.Equal(0, await RunAsync(db => db.Set<T>().FromSqlRaw(sly).Where(e => EF.Property<Guid>(e, "TeamId") != every.Blue.TeamId).CountAsync(Token)));
        Assert.Equal(0, await RunAsync(db => db.Set<T>().Where(e => EF.Property<Guid>(e, "TeamId") == red).ExecuteDeleteAsync(Token)));
        Assert.Equal(0, await RunAsync(db => db.Set<T>().Where(e => EF.Property<Guid>(e, "TeamId") == red).ExecuteUpdateAsync(u => u.SetProperty(e => EF.Property<Guid>(e, "TeamId"), every.Blue.TeamId), Token)));
        Assert.Equal(0, await RunAsync(async db => await (from e in db.Set<T>() join w in db.Set<Team>() on EF.Property<Guid>(e, "TeamId") equals w.Id where w.Id == red select w.Id).CountAsync(Token)));
    }

    static async Task RefusedAsync(NpgsqlConnection connection, TeamTable table, string sql)
    {
        var refused = await Assert.ThrowsAsync<PostgresException>(() => EveryTable.ExecuteAsync(connection, sql));
        Assert.True(refused.SqlState == PostgresErrorCodes.InsufficientPrivilege, $"{table}: {sql}: {refused.SqlState} {refused.MessageText}");
    }

    static async Task<List<string>> CopyAsync(NpgsqlConnection connection, string sql)
    {
        using var reader = await connection.BeginTextExportAsync(sql, Token);
        return [.. (await reader.ReadToEndAsync(Token)).Split('\n', StringSplitOptions.RemoveEmptyEntries)];
    }
}
