using System.CommandLine;

namespace Kyozo.Cli.Commands.Database;

/// <summary><c>kyozo db migrate</c>: brings the schema forward.</summary>
static class DbMigrateCommand
{
    public static Command Create(Option<string?> connection)
    {
        var to = new Option<string?>("--to") { Description = "Last migration to apply; all without it." };
        var command = new Command("migrate", "Make roles, apply the migrations that are missing, make the partitions of the next days.") { to };
        command.SetAction((result, cancellationToken) => AdministratorConnection.UseAsync(result.GetValue(connection), async administrator =>
        {
            await MigratorSetup.Create(administrator, Console.WriteLine).MigrateAsync(result.GetValue(to), cancellationToken);
            Console.WriteLine(result.GetValue(to) is { } last ? $"The database is at {last}." : "The database is up to date.");
            return 0;
        }));
        return command;
    }
}
