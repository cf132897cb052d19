using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Kyozo.Data.Schema;

/// <summary>Lets a process start only on a database that it can work with. A server that is still starting is waited for.</summary>
sealed class DatabaseGate(IDbContextFactory<KyozoContext> contexts, TimeProvider clock, ILogger<DatabaseGate> logger) : IHostedService
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var started = clock.GetTimestamp();
        while (true)
        {
            try
            {
                await using var db = await contexts.CreateDbContextAsync(cancellationToken);
                await SchemaVersion.RequireBoundRoleAsync(db, cancellationToken);
                await SchemaVersion.RequireCurrentAsync(db, cancellationToken);
                return;
            }
            catch (Exception e) when (IsTransient(e) && clock.GetElapsedTime(started) < Patience)
            {
                logger.LogWarning("The database does not answer yet: {Error}", e.GetBaseException().Message);
                await Task.Delay(Pause, clock, cancellationToken);
            }
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    static bool IsTransient(Exception e) => e is NpgsqlException { IsTransient: true } || (e.InnerException is { } inner && IsTransient(inner));
}
