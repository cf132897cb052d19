using Kyozo.Data;
using Kyozo.Engine.Containers;

namespace Kyozo.Cli.Setup;

/// <summary>Looks once a day after the certificate of the database that <c>up</c> runs: an installation may well run for longer than it is good.</summary>
static class CertificateRenewal
{
    static readonly TimeSpan Pause = TimeSpan.FromDays(1);

    public static async Task RunAsync(KyozoHome home, IContainerRuntime runtime, TimeProvider clock, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                if (Find(home, runtime, clock) is { } server) await server.RenewCertificateAsync(Console.WriteLine, cancellationToken);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or CommandException or EngineUnavailableException or EngineRefusedException)
            {
                await Console.Error.WriteLineAsync($"The certificate of the database could not be renewed: {e.Message}. It is tried again tomorrow, and by: kyozo up");
            }

            await Task.Delay(Pause, clock, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    static OwnPostgres? Find(KyozoHome home, IContainerRuntime runtime, TimeProvider clock)
    {
        if (PostgresContainer.IsUsedBy(home)) return new PostgresContainer(home, runtime, clock);
        return PostgresCluster.DataVersion(home) is { } version && PostgresBinaries.Find(version) is { } binaries ? new PostgresCluster(home, binaries, clock) : null;
    }
}
