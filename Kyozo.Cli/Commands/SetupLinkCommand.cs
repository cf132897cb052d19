using System.CommandLine;
using Kyozo.Cli.Installation;
using Kyozo.Data;
using Npgsql;

namespace Kyozo.Cli.Commands;

/// <summary><c>kyozo setup-link</c>: prints the one-time set-up link again.</summary>
static class SetupLinkCommand
{
    public static Command Create()
    {
        var command = new Command("setup-link", "Print the one-time link that makes the first administrator.");
        command.SetAction(async (_, cancellationToken) =>
        {
            var home = KyozoHome.FromEnvironment();
            try
            {
                var link = await SetupLink.FindAsync(home, cancellationToken);
                Console.WriteLine(link?.ToString() ?? $"Set-up is done: sign in at {Addresses.Read(home).Portal}");
                return 0;
            }
            catch (Exception e) when (e is NpgsqlException or InvalidOperationException { InnerException: NpgsqlException })
            {
                throw new CommandException("The database does not answer. Start Kyozo with: ./kyozo up", inner: e);
            }
        });
        return command;
    }
}
