using Kyozo.Cli.Output;
using Kyozo.Cli.Setup;
using Kyozo.Data;
using Kyozo.Data.Schema;
using Kyozo.Engine.Containers;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Kyozo.Cli.Installation;

/// <summary>Takes an installation down: portal, worker and gateway, then the service containers, then PostgreSQL. Volumes and data stay.</summary>
sealed class InstallationStop(KyozoHome home, IContainerRuntime runtime, TimeProvider clock, ProgressLines progress)
{
    const int AtOnce = 8;
    static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    readonly SupervisorHandle _supervisor = new(home, clock);

    public async Task RunAsync(bool keepServices, CancellationToken cancellationToken)
    {
        using var turn = await InstallationLock.TakeAsync(home, progress.Say, cancellationToken);
        if (_supervisor.IsRunning) progress.Say("Stopping portal, worker and gateway");
        await _supervisor.EndAsync(spec => spec.Name == HostSpecs.Postgres, cancellationToken);

        if (keepServices) progress.Say("The services go on running");
        else await StopServicesAsync(cancellationToken);

        var contained = PostgresContainer.IsUsedBy(home);
        if (_supervisor.IsRunning || contained) progress.Say("Stopping PostgreSQL");
        await _supervisor.EndAsync(_ => false, cancellationToken);
        if (contained) await StopDatabaseAsync(cancellationToken);
        progress.Say("Kyozo is down; volumes and data stay. Start it again with: ./kyozo up");
    }

    async Task StopDatabaseAsync(CancellationToken cancellationToken)
    {
        try
        {
            await new PostgresContainer(home, runtime, clock).StopAsync(cancellationToken);
        }
        catch (EngineUnavailableException)
        {
            progress.Say("The container engine does not answer: PostgreSQL cannot be running.");
        }
    }

    // By the recorded ids, never by label or name alone: what is not in the rows is not ours.
    async Task StopServicesAsync(CancellationToken cancellationToken)
    {
        if (ConnectionFile.Read(home) is not { } connections) return;
        List<string> containers;
        try
        {
            await using var services = new ServiceCollection().AddLogging().AddKyozoData(connections.Worker, "kyozo").BuildServiceProvider();
            await using var db = await services.GetRequiredService<IDbContextFactory<KyozoContext>>().CreateDbContextAsync(cancellationToken);
            containers = await db.ServiceContainers
                .Where(container => container.RemovedAt == null && container.ContainerId != null)
                .Select(container => container.ContainerId!).ToListAsync(cancellationToken);
        }
        catch (Exception e) when (e is NpgsqlException or InvalidOperationException { InnerException: NpgsqlException })
        {
            progress.Say("The database does not answer, so it is not known which containers are Kyozo's; they go on running. Start with ./kyozo up and take it down again to stop them.");
            return;
        }

        if (containers.Count == 0) return;
        progress.Say($"Stopping {containers.Count} containers");
        try
        {
            await Parallel.ForEachAsync(containers, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken },
                async (container, token) => await runtime.StopContainerAsync(container, Grace, token));
        }
        catch (EngineUnavailableException)
        {
            progress.Say("The container engine does not answer: no container can be running.");
        }
    }
}
