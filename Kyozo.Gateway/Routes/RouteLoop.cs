using System.Diagnostics;
using Kyozo.Data.Schema;
using Kyozo.Gateway.Counting;
using Kyozo.Gateway.Ports;
using Kyozo.Gateway.Proxy;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Kyozo.Gateway.Routes;

/// <summary>
/// Keeps what is served equal to the database. Polling is the truth, notifications only shorten the wait; while the database is away
/// the last table stays in force, from the file after a restart.
/// </summary>
sealed class RouteLoop(
    NpgsqlDataSource database, CurrentRoutes current, RouteFile file, ProxyConfig proxy, PortBinder ports, CountWriter counts,
    IHostApplicationLifetime lifetime, IOptions<GatewayOptions> options, ILogger<RouteLoop> logger) : BackgroundService
{
    static readonly TimeSpan Burst = TimeSpan.FromMilliseconds(50);

    bool _lost;

    /// <summary>A role that sees more than routes ends the start; a database that is away does not.</summary>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = await database.OpenConnectionAsync(cancellationToken);
            await BoundRole.RequireAsync(connection, cancellationToken);
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException)
        {
            logger.LogWarning("The database does not answer yet. {Reason}", e.Message);
        }

        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // A port that cannot be bound while the server starts would end the whole process.
        await StartedAsync(stoppingToken);
        Apply(file.Read());
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await FollowAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (e is NpgsqlException or TimeoutException)
            {
                if (!_lost) logger.LogWarning("The database cannot be read; serving the last known routes. {Reason}", e.Message);
                _lost = true;
                ports.Open(current.Table);
                await Task.Delay(options.Value.Poll, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    async Task StartedAsync(CancellationToken cancellationToken)
    {
        var started = new TaskCompletionSource();
        await using var registration = lifetime.ApplicationStarted.Register(started.SetResult);
        await started.Task.WaitAsync(cancellationToken);
    }

    async Task FollowAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await BoundRole.RequireAsync(connection, cancellationToken);
        await using (var listen = new NpgsqlCommand("LISTEN kyozo_changes", connection)) await listen.ExecuteNonQueryAsync(cancellationToken);
        if (_lost) logger.LogInformation("The database can be read again.");
        _lost = false;

        while (true)
        {
            var table = await RouteReader.ReadAsync(connection, options.Value.EngineId, cancellationToken);
            if (!table.SameAs(current.Table))
            {
                Apply(table);
                file.Write(table);
            }
            else
            {
                ports.Open(table);
            }

            await counts.WriteWhenDueAsync(connection, cancellationToken);
            if (await connection.WaitAsync(options.Value.Poll, cancellationToken)) await DrainAsync(connection, cancellationToken);
        }
    }

    // One change of a service is several notifications: wait for the rest of them, but not for ever.
    static async Task DrainAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var since = Stopwatch.GetTimestamp();
        while (await connection.WaitAsync(Burst, cancellationToken) && Stopwatch.GetElapsedTime(since) < 4 * Burst) { }
    }

    void Apply(RouteTable table)
    {
        proxy.Apply(table);
        current.Table = table;
        ports.Open(table);
        logger.LogInformation("Serving {Services} services, {Replicas} replicas", table.Services.Count, table.Services.Sum(service => service.Replicas.Count));
    }
}
