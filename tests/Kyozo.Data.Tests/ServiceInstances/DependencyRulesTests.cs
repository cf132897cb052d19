using Kyozo.Data.ServiceInstances;
using Kyozo.Data.Topology;
using Kyozo.Testing;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Kyozo.Data.Tests.ServiceInstances;

public sealed class DependencyRulesTests(DatabaseFixture fixture) : IClassFixture<DatabaseFixture>
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_service_cannot_depend_on_itself()
    {
        var service = Assert.Single(await ServicesAsync(1));
        Assert.Equal("no_self_dependency", await RefusedAsync(service, service, DependencyType.Requires));
    }

    [Fact]
    public async Task A_circle_of_required_services_is_refused_however_long()
    {
        var services = await ServicesAsync(4);
        await A.DependencyAsync(fixture.Database, services[0], services[1], Token);
        await A.DependencyAsync(fixture.Database, services[1], services[2], Token);
        await A.DependencyAsync(fixture.Database, services[2], services[3], Token);

        Assert.Equal("no_dependency_cycle", await RefusedAsync(services[3], services[0], DependencyType.Requires));
        Assert.Equal("no_dependency_cycle", await RefusedAsync(services[1], services[0], DependencyType.Requires));
    }

    [Fact]
    public async Task An_optional_edge_back_is_no_circle_until_it_is_made_required()
    {
        var services = await ServicesAsync(2);
        await A.DependencyAsync(fixture.Database, services[0], services[1], Token);
        var back = await A.DependencyAsync(fixture.Database, services[1], services[0], Token, DependencyType.Optional);

        var refused = await fixture.RefusedAsync(fixture.Database.Admin, null, $"UPDATE service_dependencies SET dependency_type = 'requires' WHERE id = '{back.Id}'");
        Assert.Equal("no_dependency_cycle", refused.ConstraintName);
    }

    [Theory]
    [InlineData(DependencyType.Requires, DependencyType.Conflicts)]
    [InlineData(DependencyType.Conflicts, DependencyType.Requires)]
    public async Task Two_services_cannot_both_require_and_exclude_each_other(DependencyType first, DependencyType second)
    {
        var services = await ServicesAsync(2);
        await A.DependencyAsync(fixture.Database, services[0], services[1], Token, first);
        Assert.Equal("no_requires_and_conflicts", await RefusedAsync(services[0], services[1], second));
        Assert.Equal("no_requires_and_conflicts", await RefusedAsync(services[1], services[0], second));
    }

    [Fact]
    public async Task The_refusal_writes_the_circle_out()
    {
        var services = await ServicesAsync(3);
        await A.DependencyAsync(fixture.Database, services[0], services[1], Token);
        await A.DependencyAsync(fixture.Database, services[1], services[2], Token);

        var (one, two, three) = (services[0].Name, services[1].Name, services[2].Name);
        Assert.Equal($"These services would wait for each other: {three} → {one} → {two} → {three}. Make one of the edges optional.", await MessageAsync(services[2], services[0], DependencyType.Requires));
        Assert.Equal($"These services would wait for each other: {two} → {one} → {two}. Make one of the edges optional.", await MessageAsync(services[1], services[0], DependencyType.Requires));
        Assert.Equal($"{one} and {two} cannot both require and exclude each other.", await MessageAsync(services[0], services[1], DependencyType.Conflicts));
        Assert.Equal($"{one} cannot depend on itself.", await MessageAsync(services[0], services[0], DependencyType.Optional));
    }

    [Fact]
    public async Task A_circle_is_found_among_many_ways_that_are_none()
    {
        // Ten layers of two, each with edges to both of the next: more than a thousand ways from top to bottom.
        var services = await ServicesAsync(20);
        for (var layer = 0; layer < 9; layer++)
        {
            foreach (var (from, to) in ((int, int)[])[(0, 2), (0, 3), (1, 2), (1, 3)])
                await A.DependencyAsync(fixture.Database, services[layer * 2 + from], services[layer * 2 + to], Token);
        }

        var message = await MessageAsync(services[19], services[0], DependencyType.Requires);
        Assert.Equal(12, message.Split('→').Length + 1);
        Assert.Contains($": {services[19].Name} → {services[0].Name} → ", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_statement_of_many_rows_cannot_close_a_circle_with_itself()
    {
        var services = await ServicesAsync(2);
        string Row(ServiceInstance from, ServiceInstance to) => $"('{A.Id()}', '{from.TeamId}', '{from.WorkspaceId}', '{from.Id}', '{to.Id}', 'requires')";
        var refused = await fixture.RefusedAsync(fixture.Database.Admin, null,
            $"INSERT INTO service_dependencies (id, team_id, workspace_id, service_instance_id, depends_on_id, dependency_type) VALUES {Row(services[0], services[1])}, {Row(services[1], services[0])}");
        Assert.Equal("no_dependency_cycle", refused.ConstraintName);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(5)]
    public async Task Transactions_that_overlap_cannot_close_a_circle_together(int length)
    {
        var services = await ServicesAsync(length);
        var connections = new List<NpgsqlConnection>();
        foreach (var _ in services)
        {
            connections.Add(new NpgsqlConnection(fixture.Database.Worker));
            await connections[^1].OpenAsync(Token);
        }

        // Every transaction has begun before the first one writes.
        var transactions = connections.ConvertAll(connection => connection.BeginTransaction());
        foreach (var connection in connections)
        {
            await using var begin = new NpgsqlCommand("SELECT txid_current()", connection);
            await begin.ExecuteNonQueryAsync(Token);
        }

        var racing = connections.Select(async (connection, number) =>
        {
            var (from, to) = (services[number], services[(number + 1) % length]);
            await using var insert = new NpgsqlCommand(
                $"INSERT INTO service_dependencies (id, team_id, workspace_id, service_instance_id, depends_on_id, dependency_type) VALUES ('{A.Id()}', '{from.TeamId}', '{from.WorkspaceId}', '{from.Id}', '{to.Id}', 'requires')", connection);
            try
            {
                await insert.ExecuteNonQueryAsync(Token);
                await transactions[number].CommitAsync(Token);
                return null;
            }
            catch (PostgresException e)
            {
                return e;
            }
            finally
            {
                await connection.DisposeAsync();
            }
        });

        var refused = Assert.Single(await Task.WhenAll(racing), e => e is not null)!;
        Assert.Equal("no_dependency_cycle", refused.ConstraintName);
        Assert.All(services, service => Assert.Contains(service.Name, refused.MessageText, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Transactions_that_overlap_cannot_require_and_exclude_together()
    {
        var services = await ServicesAsync(2);
        var results = await Task.WhenAll(
            Enumerable.Range(0, 2).Select(async number => await fixture.Database.ReadAsync<string>(
                $"""
                WITH row AS (
                    INSERT INTO service_dependencies (id, team_id, workspace_id, service_instance_id, depends_on_id, dependency_type)
                    VALUES ('{A.Id()}', '{services[0].TeamId}', '{services[0].WorkspaceId}', '{services[number].Id}', '{services[1 - number].Id}', '{(number == 0 ? "requires" : "conflicts")}') RETURNING dependency_type)
                SELECT row.dependency_type FROM row
                """, Token)).Select(async insert =>
                {
                    try
                    {
                        return await insert;
                    }
                    catch (PostgresException e)
                    {
                        return e.ConstraintName;
                    }
                }));
        Assert.Single(results, result => result == "no_requires_and_conflicts");
    }

    [Theory]
    [InlineData("REPEATABLE READ")]
    [InlineData("SERIALIZABLE")]
    public async Task A_fixed_snapshot_that_could_miss_the_others_edge_is_refused(string isolation)
    {
        var services = await ServicesAsync(2);
        var refused = await fixture.RefusedAsync(fixture.Database.Admin, null,
            $"BEGIN ISOLATION LEVEL {isolation}; INSERT INTO service_dependencies (id, team_id, workspace_id, service_instance_id, depends_on_id, dependency_type) VALUES ('{A.Id()}', '{services[0].TeamId}', '{services[0].WorkspaceId}', '{services[0].Id}', '{services[1].Id}', 'requires')");
        Assert.Contains("READ COMMITTED", refused.MessageText, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_transactions_cannot_close_a_circle_together()
    {
        for (var round = 0; round < 10; round++)
        {
            var services = await ServicesAsync(2);
            var results = await Task.WhenAll(TryAsync(services[0], services[1]), TryAsync(services[1], services[0]));
            Assert.Single(results, succeeded => succeeded);
        }
    }

    [Fact]
    public async Task An_edge_cannot_leave_its_workspace_nor_its_team()
    {
        var team = await A.TeamAsync(fixture.Database, Token);
        var here = await A.ServiceAsync(fixture.Database, await A.WorkspaceAsync(fixture.Database, team, Token), Token);
        var next = await A.ServiceAsync(fixture.Database, await A.WorkspaceAsync(fixture.Database, team, Token), Token);
        var there = Assert.Single(await ServicesAsync(1));
        foreach (var (from, to) in ((ServiceInstance, ServiceInstance)[])[(here, next), (next, here), (here, there), (there, here)])
        {
            var refused = await Assert.ThrowsAsync<DbUpdateException>(() => A.DependencyAsync(fixture.Database, from, to, Token));
            Assert.Equal(PostgresErrorCodes.ForeignKeyViolation, ((PostgresException)refused.InnerException!).SqlState);
        }
    }

    [Theory]
    [InlineData("postgres://{user}:{password}@{host}:{port}/{database}", true)]
    [InlineData("{host}\nDB_PORT={port}\nDB_USER={user}", true)]
    [InlineData("", true)]
    [InlineData("{service:team-b/db.password}", false)]
    [InlineData("{env:PATH}", false)]
    [InlineData("{{host}}", false)]
    [InlineData("{ho{host}st}", false)]
    [InlineData("{host", false)]
    [InlineData("${PATH}", false)]
    [InlineData("{host}\nnot a variable", false)]
    [InlineData("{host}\r\nX={port}", false)]
    public async Task A_template_says_only_what_the_other_end_has(string template, bool valid)
    {
        Assert.Equal(valid, ConnectionTemplate.IsValid(template));
        Assert.Equal(valid, await StoresAsync(template));
    }

    [Theory]
    [InlineData(16, true)]
    [InlineData(17, false)]
    public async Task A_template_cannot_blow_a_value_up(int passwords, bool valid)
    {
        var template = string.Concat(Enumerable.Repeat("{password}", passwords));
        Assert.Equal(valid, ConnectionTemplate.IsValid(template));
        Assert.Equal(valid, await StoresAsync(template));
        Assert.False(ConnectionTemplate.IsValid(new string('x', ConnectionTemplate.MaxLength + 1)));
    }

    async Task<bool> StoresAsync(string template)
    {
        var services = await ServicesAsync(2);
        var edge = await A.DependencyAsync(fixture.Database, services[0], services[1], Token);
        try
        {
            await fixture.SqlAsync(fixture.Database.Worker, null, "UPDATE service_dependencies SET connection_template = $1 WHERE id = $2", template, edge.Id);
            return true;
        }
        catch (PostgresException e) when (e.ConstraintName == "valid_connection_template")
        {
            return false;
        }
    }

    async Task<string> MessageAsync(ServiceInstance service, ServiceInstance on, DependencyType type)
    {
        var refused = await Assert.ThrowsAsync<DbUpdateException>(() => A.DependencyAsync(fixture.Database, service, on, Token, type));
        return ((PostgresException)refused.InnerException!).MessageText;
    }

    async Task<bool> TryAsync(ServiceInstance service, ServiceInstance on)
    {
        try
        {
            await A.DependencyAsync(fixture.Database, service, on, Token);
            return true;
        }
        catch (DbUpdateException e) when (e.InnerException is PostgresException { ConstraintName: "no_dependency_cycle" })
        {
            return false;
        }
    }

    async Task<string?> RefusedAsync(ServiceInstance service, ServiceInstance on, DependencyType type)
    {
        var refused = await Assert.ThrowsAsync<DbUpdateException>(() => A.DependencyAsync(fixture.Database, service, on, Token, type));
        return ((PostgresException)refused.InnerException!).ConstraintName;
    }

    async Task<List<ServiceInstance>> ServicesAsync(int count)
    {
        var workspace = await A.WorkspaceAsync(fixture.Database, await A.TeamAsync(fixture.Database, Token), Token);
        var services = new List<ServiceInstance>();
        for (var number = 0; number < count; number++) services.Add(await A.ServiceAsync(fixture.Database, workspace, Token));
        return services;
    }
}
