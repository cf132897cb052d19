using Kyozo.Bench.Frame;
using Kyozo.Testing;
using Npgsql;

namespace Kyozo.Bench.Data;

/// <summary>What the trail's promises cost: <c>append_event</c> (lock, number, hash) against a plain INSERT of the same line, each in a transaction of its own.</summary>
sealed class TrailBench : IBench
{
    const int Services = 1000;
    const int LinesPerWriter = 200;
    const int Rounds = 7;

    public string Name => "trail";

    public string What => "append_event as kyozo_worker against INSERT INTO deployment_events by a superuser, one line a transaction, fsync on; one writer, and eight on services of their own.";

    public async Task<IReadOnlyList<Comparison>> RunAsync(Action<string> say, CancellationToken cancellationToken)
    {
        await using var server = await BenchServer.StartAsync(cancellationToken);
        var database = await server.CreateDatabaseAsync("kyozo_trail", cancellationToken);
        await new BulkRows(database, say).ServicesAsync(Services, cancellationToken);
        await using var worker = new NpgsqlDataSourceBuilder(database.Worker) { ConnectionStringBuilder = { MaxAutoPrepare = 10 } }.Build();
        await using var administrator = new NpgsqlDataSourceBuilder(database.Admin) { ConnectionStringBuilder = { MaxAutoPrepare = 10, Pooling = true } }.Build();

        var result = new List<Comparison>();
        foreach (var writers in (int[])[1, 8])
        {
            var times = await Frame.Rounds.AlternateAsync(
                Rounds,
                () => WriteAsync(worker, Append, writers, cancellationToken),
                () => WriteAsync(administrator, Insert, writers, cancellationToken));
            var lines = (long)writers * LinesPerWriter;
            result.Add(new(
                $"append_event, {(writers == 1 ? "1 writer" : $"{writers} writers")}", "plain INSERT",
                Figures.PerSecond(lines, times[0], "lines"), Figures.PerSecond(lines, times[1], "lines"), times[1] / times[0], null));
        }

        return result;
    }

    const string Data = """{"number": 12, "reason": "deploy", "release": 7}""";

    const string Append = $"SELECT append_event(gen_random_uuid(), $1, $2, 'service_started', '{Data}'::jsonb, NULL, 12, NULL)";

    const string Insert =
        $"""
        INSERT INTO deployment_events (id, team_id, service_instance_id, event_type, event_data, duration_ms, occurred_at, sequence_num, hash)
        VALUES (gen_random_uuid(), $1, $2, 'service_started', '{Data}', 12, clock_timestamp(), 1, '\x00')
        """;

    static Task WriteAsync(NpgsqlDataSource dataSource, string sql, int writers, CancellationToken cancellationToken) =>
        Task.WhenAll(Enumerable.Range(0, writers).Select(async writer =>
        {
            await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
            for (var line = 0; line < LinesPerWriter; line++)
            {
                await using var command = new NpgsqlCommand(sql, connection)
                {
                    Parameters = { new() { Value = BulkRows.Team }, new() { Value = BulkRows.Id('b', (writer * 100) + (line % 100)) } },
                };
                await command.ExecuteNonQueryAsync(cancellationToken);
            }
        }));
}
