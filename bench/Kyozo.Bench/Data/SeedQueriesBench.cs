using Kyozo.Bench.Frame;
using Kyozo.Testing;
using Npgsql;

namespace Kyozo.Bench.Data;

/// <summary>The requirement's three "optimized" queries as <c>kyozo_portal</c>, behind row level security, at two sizes. A service has as many rows at both: there are more services.</summary>
sealed class SeedQueriesBench(long small, long large) : IBench
{
    const int RowsPerService = 1000;
    const int Executions = 400;
    const int Rounds = 9;
    const int EventDays = 90;
    const int CheckDays = 30;
    const int FewServices = 1000;
    const int ManyServices = 100_000;

    public string Name => "queries";

    public string What =>
        $"The three queries of the requirement as kyozo_portal, prepared, one service after another at random: {Figures.Count(large)} rows against {Figures.Count(small)} in each time series, {ManyServices:#,0} services against {FewServices:#,0}.";

    public async Task<IReadOnlyList<Comparison>> RunAsync(Action<string> say, CancellationToken cancellationToken)
    {
        await using var server = await BenchServer.StartAsync(cancellationToken);
        var few = await FillAsync(server, "kyozo_small", small, FewServices, say, cancellationToken);
        var many = await FillAsync(server, "kyozo_large", large, ManyServices, say, cancellationToken);

        var result = new List<Comparison>();
        foreach (var query in Queries)
        {
            await using var inFew = await ReaderAsync(few, cancellationToken);
            await using var inMany = await ReaderAsync(many, cancellationToken);
            var times = await Frame.Rounds.AlternateAsync(
                Rounds,
                () => RepeatAsync(inFew, query, few, cancellationToken),
                () => RepeatAsync(inMany, query, many, cancellationToken));
            var (fewTime, manyTime) = (times[0] / Executions, times[1] / Executions);
            var sizes = query.Table == "service_instances" ? (Many: (long)ManyServices, Few: (long)FewServices) : (Many: large, Few: small);
            result.Add(new(
                $"{query.Title}, {Figures.Count(sizes.Many)} rows", $"{Figures.Count(sizes.Few)} rows", Figures.Time(manyTime), Figures.Time(fewTime),
                manyTime / fewTime, Goal.AtMostTimes(1.5)));
        }

        return result;
    }

    static async Task<Filled> FillAsync(BenchServer server, string name, long rows, int services, Action<string> say, CancellationToken cancellationToken)
    {
        var database = await server.CreateDatabaseAsync(name, cancellationToken);
        var seeding = new BulkRows(database, line => say($"{name}: {line}"));
        var withRows = (int)Math.Min(services, Math.Max(1, rows / RowsPerService));
        await seeding.ServicesAsync(services, cancellationToken);
        await seeding.SeriesAsync("deployment_events", rows, withRows, EventDays, cancellationToken);
        await seeding.SeriesAsync("health_checks", rows, withRows, CheckDays, cancellationToken);
        // As autovacuum leaves tables that have been there for a while.
        await seeding.PlainAsync("VACUUM (ANALYZE) service_instances", cancellationToken);
        await seeding.PlainAsync("VACUUM deployment_events", cancellationToken);
        await seeding.PlainAsync("VACUUM health_checks", cancellationToken);
        return new(database, services, withRows);
    }

    static async Task<NpgsqlConnection> ReaderAsync(Filled filled, CancellationToken cancellationToken)
    {
        var settings = new NpgsqlConnectionStringBuilder(filled.Database.Portal) { MaxAutoPrepare = 100, Pooling = false };
        var connection = new NpgsqlConnection(settings.ConnectionString);
        await connection.OpenAsync(cancellationToken);
        await using var tenancy = new NpgsqlCommand("SELECT set_config('app.team_id', $1, false)", connection) { Parameters = { new() { Value = BulkRows.Team.ToString() } } };
        await tenancy.ExecuteNonQueryAsync(cancellationToken);
        return connection;
    }

    static async Task RepeatAsync(NpgsqlConnection connection, Query query, Filled filled, CancellationToken cancellationToken)
    {
        var random = new Random(42);
        var since = TimeProvider.System.GetUtcNow().AddDays(-7);
        for (var i = 0; i < Executions; i++)
        {
            await using var command = new NpgsqlCommand(query.Sql, connection);
            foreach (var parameter in query.Parameters(random, filled, since)) command.Parameters.Add(new() { Value = parameter });
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
            {
            }
        }
    }

    static readonly Query[] Queries =
    [
        new("recent events of a service", "deployment_events",
            "SELECT * FROM deployment_events WHERE service_instance_id = $1 AND occurred_at > $2 ORDER BY occurred_at DESC",
            (random, filled, since) => [BulkRows.Id('b', random.Next(filled.ServicesWithRows)), since]),
        new("last healthy check of a service", "health_checks",
            "SELECT * FROM health_checks WHERE service_instance_id = $1 AND status = 'healthy' ORDER BY checked_at DESC LIMIT 1",
            (random, filled, _) => [BulkRows.Id('b', random.Next(filled.ServicesWithRows))]),
        new("running services of a workspace", "service_instances",
            "SELECT * FROM service_instances WHERE team_id = $1 AND workspace_id = $2 AND status = 'running'",
            (random, filled, _) => [BulkRows.Team, BulkRows.Id('a', random.Next(filled.Services / BulkRows.ServicesPerWorkspace))]),
    ];

    sealed record Query(string Title, string Table, string Sql, Func<Random, Filled, DateTimeOffset, object[]> Parameters);

    sealed record Filled(TestDatabase Database, int Services, int ServicesWithRows);
}
