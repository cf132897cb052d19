using Kyozo.Bench.Frame;
using Kyozo.Data;
using Kyozo.Data.Schema;
using Kyozo.Engine.Events;
using Kyozo.Testing;
using Npgsql;

namespace Kyozo.Bench.Data;

/// <summary>The check of the whole trail, every hash computed anew, against reading the same rows and doing nothing with them; and its memory at two sizes.</summary>
sealed class VerifyBench(long rows) : IBench
{
    const int Services = 1000;
    const int Rounds = 3;
    static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(20);

    public string Name => "verify";

    public string What => $"audit verify over {Figures.Count(rows)} events of {Services:#,0} services, anchored, against COPY of the same rows to the client; the largest managed heap seen meanwhile, at {Figures.Count(rows)} events against {Figures.Count(rows / 10)}.";

    public async Task<IReadOnlyList<Comparison>> RunAsync(Action<string> say, CancellationToken cancellationToken)
    {
        await using var server = await BenchServer.StartAsync(cancellationToken);
        var (few, many) = (await FillAsync(server, "kyozo_few", rows / 10, cancellationToken), await FillAsync(server, "kyozo_many", rows, cancellationToken));
        try
        {
            say($"{rows:#,0} events are written and anchored");
            await VerifyAsync(few, cancellationToken);
            var heaps = (Few: await HeapAsync(() => VerifyAsync(few, cancellationToken)), Many: await HeapAsync(() => VerifyAsync(many, cancellationToken)));
            var times = await Frame.Rounds.AlternateAsync(Rounds, () => VerifyAsync(many, cancellationToken), () => CopyAsync(many, cancellationToken));
            return
            [
                new("trail verified", "COPY of the same rows", Figures.PerSecond(rows, times[0], "rows"), Figures.PerSecond(rows, times[1], "rows"), times[0] / times[1], null),
                new($"memory at {Figures.Count(rows)} events", $"at {Figures.Count(rows / 10)}", Figures.Size(heaps.Many), Figures.Size(heaps.Few), heaps.Many / (double)heaps.Few, null),
            ];
        }
        finally
        {
            foreach (var trail in new[] { few, many }) Directory.Delete(trail.Home.Root, recursive: true);
        }
    }

    static async Task<Filled> FillAsync(BenchServer server, string name, long rows, CancellationToken cancellationToken)
    {
        var database = await server.CreateDatabaseAsync(name, cancellationToken);
        var seeding = new BulkRows(database, _ => { });
        await seeding.ServicesAsync(Services, cancellationToken);
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(database.Admin) { Options = "-c synchronous_commit=off" }.ConnectionString);
        await connection.OpenAsync(cancellationToken);
        // A transaction for each number: the versions of a head that nobody needs any more are out of the way of the next.
        for (var line = 0L; line < rows / Services; line++)
        {
            await using var append = new NpgsqlCommand(
                """SELECT count(append_event(gen_random_uuid(), team_id, id, 'service_started', '{"number": 12, "reason": "deploy", "release": 7}', NULL, 12, NULL)) FROM service_instances""", connection);
            await append.ExecuteNonQueryAsync(cancellationToken);
        }

        await seeding.PlainAsync("VACUUM (ANALYZE) deployment_events", cancellationToken);
        var home = new KyozoHome(Directory.CreateTempSubdirectory("kyozo-bench-").FullName);
        await using var maintenance = new MaintenanceDataSource(database.Maintenance);
        await new AnchorWriter(maintenance, new AnchorFile(home), home, TimeProvider.System).RunAsync(cancellationToken);
        return new(database, home, rows);
    }

    static async Task VerifyAsync(Filled trail, CancellationToken cancellationToken)
    {
        await using var maintenance = new MaintenanceDataSource(trail.Database.Maintenance);
        var report = await new TrailVerifier(maintenance.OpenAsync, trail.Home, TimeProvider.System).VerifyAsync(null, null, cancellationToken);
        if (report.Faults.Count > 0 || report.Rows < trail.Rows) throw new InvalidOperationException($"The trail was not verified: {report}");
    }

    static async Task CopyAsync(Filled trail, CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(trail.Database.Admin);
        await connection.OpenAsync(cancellationToken);
        await using var copy = await connection.BeginRawBinaryCopyAsync("COPY (SELECT * FROM deployment_events ORDER BY service_instance_id, sequence_num) TO STDOUT (FORMAT BINARY)", cancellationToken);
        var buffer = new byte[1 << 16];
        while (await copy.ReadAsync(buffer, cancellationToken) > 0)
        {
        }
    }

    static async Task<long> HeapAsync(Func<Task> action)
    {
        GC.Collect();
        var (work, most) = (action(), 0L);
        while (await Task.WhenAny(work, Task.Delay(LookEvery)) != work) most = Math.Max(most, GC.GetTotalMemory(forceFullCollection: false));
        await work;
        return most;
    }

    sealed record Filled(TestDatabase Database, KyozoHome Home, long Rows);
}
