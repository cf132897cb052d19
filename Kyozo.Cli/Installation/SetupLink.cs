using Kyozo.Data;
using Kyozo.Data.Schema;
using Kyozo.Data.Tenancy;
using Microsoft.Extensions.DependencyInjection;

namespace Kyozo.Cli.Installation;

/// <summary>The one-time link by which the first person becomes installation administrator.</summary>
static class SetupLink
{
    /// <summary>The link, or null when somebody is administrator already.</summary>
    public static async Task<Uri?> FindAsync(KyozoHome home, CancellationToken cancellationToken)
    {
        var connections = ConnectionFile.Read(home) ?? throw new CommandException("Kyozo was never started here. Start it with: ./kyozo up");
        await using var services = new ServiceCollection().AddLogging().AddKyozoData(connections.Portal, "kyozo").BuildServiceProvider();
        if (!await services.GetRequiredService<FirstRun>().IsOpenAsync(cancellationToken))
        {
            File.Delete(home.SetupTokenFile);
            return null;
        }

        return new Uri(Addresses.Read(home).Portal, $"/setup?token={PrivateFile.ReadOrCreatePassword(home.SetupTokenFile)}");
    }
}
