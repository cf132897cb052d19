using Kyozo.Bench.Frame;
using Kyozo.Data.Permissions;
using Kyozo.Testing;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Kyozo.Bench.Data;

/// <summary>May this member do this? At a million grants against a thousand; and what row level security costs the query behind it.</summary>
sealed class PermissionBench : IBench
{
    const int Users = 100;
    const int Executions = 500;
    const int Rounds = 9;

    public string Name => "permission";

    public string What => "AccessControl.DemandAsync of a member on one of his services, connection taken from the pool each time, at 1,000,000 grants against 1,000; and the grants' query alone as kyozo_portal against a role that passes row level security.";

    public async Task<IReadOnlyList<Comparison>> RunAsync(Action<string> say, CancellationToken cancellationToken)
    {
        await using var server = await BenchServer.StartAsync(cancellationToken);
        await using var few = await FillAsync(server, "kyozo_few", services: 10, cancellationToken);
        await using var many = await FillAsync(server, "kyozo_many", services: 10_000, cancellationToken);
        say("1,000 and 1,000,000 grants are there");

        var demand = await Frame.Rounds.AlternateAsync(Rounds, () => DemandAsync(few, cancellationToken), () => DemandAsync(many, cancellationToken));
        await using var walled = await OpenAsync(many.Database.Portal, cancellationToken);
        await using var open = await OpenAsync(many.Database.Admin, cancellationToken);
        var query = await Frame.Rounds.AlternateAsync(Rounds, () => QueryAsync(walled, many, cancellationToken), () => QueryAsync(open, many, cancellationToken));
        return
        [
            new("Demand at 1M grants", "at 1k grants", Rate(demand[1]), Rate(demand[0]), demand[1] / demand[0], Goal.AtMostTimes(1.5)),
            new("a service's grants of a member, RLS on", "RLS off", Figures.Time(query[0] / Executions), Figures.Time(query[1] / Executions), query[0] / query[1], null),
        ];
    }

    static string Rate(TimeSpan time) => Figures.PerSecond(Executions, time, "checks");

    static async Task<Granted> FillAsync(BenchServer server, string name, int services, CancellationToken cancellationToken)
    {
        var database = await server.CreateDatabaseAsync(name, cancellationToken);
        var seeding = new BulkRows(database, _ => { });
        await seeding.ServicesAsync(services, cancellationToken);
        await seeding.GrantsAsync(services, Users, cancellationToken);
        await PostgresFixture.ExecuteAsync(database.Admin, "VACUUM (ANALYZE) service_permissions, users, team_memberships", cancellationToken);
        return new(database, services);
    }

    static async Task DemandAsync(Granted granted, CancellationToken cancellationToken)
    {
        var access = granted.Services.GetRequiredService<AccessControl>();
        var random = new Random(42);
        for (var i = 0; i < Executions; i++)
        {
            var actor = new Actor(BulkRows.Id('c', random.Next(Users)), BulkRows.Team);
            await access.DemandAsync(actor, AccessAction.ViewLogs, AccessTarget.Service(BulkRows.Id('b', random.Next(granted.Count))), cancellationToken);
        }
    }

    static async Task<NpgsqlConnection> OpenAsync(string connectionString, CancellationToken cancellationToken)
    {
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connectionString) { MaxAutoPrepare = 10, Pooling = false }.ConnectionString);
        await connection.OpenAsync(cancellationToken);
        await using var tenancy = new NpgsqlCommand("SELECT set_config('app.team_id', $1, false)", connection) { Parameters = { new() { Value = BulkRows.Team.ToString() } } };
        await tenancy.ExecuteNonQueryAsync(cancellationToken);
        return connection;
    }

    static async Task QueryAsync(NpgsqlConnection connection, Granted granted, CancellationToken cancellationToken)
    {
        var random = new Random(42);
        for (var i = 0; i < Executions; i++)
        {
            await using var command = new NpgsqlCommand(
                "SELECT permission_type FROM service_permissions WHERE team_id = $1 AND service_instance_id = $2 AND user_id = $3 AND revoked_at IS NULL", connection)
            {
                Parameters = { new() { Value = BulkRows.Team }, new() { Value = BulkRows.Id('b', random.Next(granted.Count)) }, new() { Value = BulkRows.Id('c', random.Next(Users)) } },
            };
            if (await command.ExecuteScalarAsync(cancellationToken) is null) throw new InvalidOperationException("A grant is not seen.");
        }
    }

    sealed record Granted(TestDatabase Database, int Count) : IAsyncDisposable
    {
        public ServiceProvider Services { get; } = Database.BuildServices(Database.Portal);

        public ValueTask DisposeAsync() => Services.DisposeAsync();
    }
}
