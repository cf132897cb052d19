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
    public async Task An_edge_cannot_leave_its_workspace()
    {
        var here = Assert.Single(await ServicesAsync(1));
        var there = Assert.Single(await ServicesAsync(1));
        var refused = await Assert.ThrowsAsync<DbUpdateException>(() => A.DependencyAsync(fixture.Database, here, there, Token));
        Assert.Equal(PostgresErrorCodes.ForeignKeyViolation, ((PostgresException)refused.InnerException!).SqlState);
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
