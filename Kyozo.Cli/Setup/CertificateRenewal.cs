using Kyozo.Data;

namespace Kyozo.Cli.Setup;

/// <summary>Looks once a day after the certificate of the database that <c>up</c> runs: an installation may well run for longer than it is good.</summary>
static class CertificateRenewal
{
    static readonly TimeSpan Pause = TimeSpan.FromDays(1);

    public static async Task RunAsync(KyozoHome home, TimeProvider clock, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                if (PostgresCluster.DataVersion(home) is { } version && PostgresBinaries.Find(version) is { } binaries)
                    await new PostgresCluster(home, binaries, clock).RenewCertificateAsync(Console.WriteLine, cancellationToken);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or CommandException)
            {
                await Console.Error.WriteLineAsync($"The certificate of the database could not be renewed: {e.Message}. It is tried again tomorrow, and by: kyozo up");
            }

            await Task.Delay(Pause, clock, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
