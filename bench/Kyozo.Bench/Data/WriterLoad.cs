using Kyozo.Bench.Frame;
using Kyozo.Testing;
using Npgsql;

namespace Kyozo.Bench.Data;

/// <summary>How one statement fared while others wrote.</summary>
/// <param name="Took">Its own time.</param>
/// <param name="P99">What 99 of 100 writes, of those that ran while it did or in the two seconds around, did not exceed.</param>
sealed record UnderLoad(TimeSpan Took, TimeSpan P99);

/// <summary>Writers that insert one small batch after the other while something else is measured.</summary>
static class WriterLoad
{
    const int Writers = 4;
    const int RowsPerWrite = 20;
    static readonly TimeSpan Around = TimeSpan.FromSeconds(2);

    public static async Task<UnderLoad> MeasureAsync(TestDatabase database, string table, Func<Task> action, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var writers = Enumerable.Range(0, Writers).Select(number => WriteAsync(database, table, number, stop.Token)).ToList();
        await Task.Delay(Around, cancellationToken);
        var took = await Rounds.TimeAsync(action);
        await Task.Delay(Around, cancellationToken);
        await stop.CancelAsync();
        var times = (await Task.WhenAll(writers)).SelectMany(list => list).ToList();
        return new(took, Rounds.Percentile(times, 99));
    }

    static async Task<List<TimeSpan>> WriteAsync(TestDatabase database, string table, int number, CancellationToken stop)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(database.Admin) { MaxAutoPrepare = 10 }.ConnectionString);
        await connection.OpenAsync(CancellationToken.None);
        var times = new List<TimeSpan>();
        while (!stop.IsCancellationRequested)
        {
            await using var command = new NpgsqlCommand(
                $"""
                INSERT INTO {table} (id, team_id, service_instance_id, recorded_at, metric_type, value, unit)
                SELECT gen_random_uuid(), '{BulkRows.Team}', $1, clock_timestamp(), 'cpu', 0.5, 'ratio' FROM generate_series(1, {RowsPerWrite})
                """, connection)
            { Parameters = { new() { Value = BulkRows.Id('b', (number * 97) % 1000) } } };
            times.Add(await Rounds.TimeAsync(() => command.ExecuteNonQueryAsync(CancellationToken.None)));
        }

        return times;
    }
}
