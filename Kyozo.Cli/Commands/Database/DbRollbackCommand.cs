using System.CommandLine;
using Kyozo.Data.Schema;

namespace Kyozo.Cli.Commands.Database;

/// <summary><c>kyozo db rollback</c>: takes migrations back.</summary>
static class DbRollbackCommand
{
    public static Command Create(Option<string?> connection)
    {
        var to = new Option<string?>("--to") { Description = $"Migration to go back to; one step without it; {Migrator.Nothing} takes back all." };
        var command = new Command("rollback", "Take migrations back. Columns and tables that they made are lost with what is in them.") { to };
        command.SetAction((result, cancellationToken) => AdministratorConnection.UseAsync(result.GetValue(connection), async administrator =>
        {
            await MigratorSetup.Create(administrator, Console.WriteLine).RollbackAsync(result.GetValue(to), cancellationToken);
            return 0;
        }));
        return command;
    }
}
