using Kyozo.Data.Permissions;
using Kyozo.Data.Tenancy;
using Kyozo.Testing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Kyozo.Data.Tests;

/// <summary>One database for the tests of a class, each of which works in teams of its own.</summary>
public sealed class DatabaseFixture(PostgresFixture postgres) : IAsyncLifetime
{
    ServiceProvider? _portal;
    ServiceProvider? _worker;

    public TestDatabase Database { get; private set; } = null!;

    /// <summary>The services as the portal has them.</summary>
    public IServiceProvider Portal => _portal ??= Database.BuildServices(Database.Portal);

    /// <summary>The services as the worker has them.</summary>
    public IServiceProvider Worker => _worker ??= Database.BuildServices(Database.Worker);

    public async ValueTask InitializeAsync() => Database = await postgres.CreateDatabaseAsync(TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        if (_portal is not null) await _portal.DisposeAsync();
        if (_worker is not null) await _worker.DisposeAsync();
        await Database.DisposeAsync();
    }

    /// <summary>Runs SQL as a role and an actor; gives the first value.</summary>
    public async Task<object?> SqlAsync(string connectionString, Actor? actor, string sql, params object[] parameters)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var tenancy = new NpgsqlCommand("SELECT set_config('app.user_id', $1, false), set_config('app.team_id', $2, false)", connection)
        {
            Parameters = { new() { Value = $"{actor?.UserId}" }, new() { Value = $"{actor?.TeamId}" } },
        };
        await tenancy.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var parameter in parameters) command.Parameters.Add(new() { Value = parameter });
        return await command.ExecuteScalarAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Expects PostgreSQL to refuse SQL.</summary>
    public async Task<PostgresException> RefusedAsync(string connectionString, Actor? actor, string sql, params object[] parameters) =>
        await Assert.ThrowsAsync<PostgresException>(() => SqlAsync(connectionString, actor, sql, parameters));

    /// <summary>A context of the portal, to be used within <c>CurrentActor.Use</c>.</summary>
    public Task<KyozoContext> OpenPortalAsync() =>
        Portal.GetRequiredService<IDbContextFactory<KyozoContext>>().CreateDbContextAsync(TestContext.Current.CancellationToken);

    /// <summary>Acts as somebody in the portal.</summary>
    public IDisposable Use(Actor? actor) => Portal.GetRequiredService<CurrentActor>().Use(actor);
}
