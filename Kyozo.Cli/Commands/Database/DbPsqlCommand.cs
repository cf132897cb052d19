using System.CommandLine;
using System.Diagnostics;
using Kyozo.Data.Schema;
using Npgsql;

namespace Kyozo.Cli.Commands.Database;

/// <summary><c>kyozo db psql</c>: PostgreSQL's own terminal on the installation's database.</summary>
static class DbPsqlCommand
{
    public static Command Create(Option<string?> connection)
    {
        var admin = new Option<bool>("--admin") { Description = $"Stay administrator instead of acting as {DatabaseRoles.Owner}." };
        var arguments = new Argument<string[]>("arguments") { Description = "Arguments of psql, after --.", Arity = ArgumentArity.ZeroOrMore };
        var command = new Command("psql", $"Open psql on the database, acting as {DatabaseRoles.Owner}.") { admin, arguments };
        command.SetAction((result, cancellationToken) => AdministratorConnection.UseAsync(result.GetValue(connection), async administrator =>
        {
            var start = PsqlStart.Create(new NpgsqlConnectionStringBuilder(administrator), result.GetValue(admin), result.GetValue(arguments) ?? []);
            using var psql = Process.Start(start) ?? throw new CommandException("psql did not start.");
            await psql.WaitForExitAsync(cancellationToken);
            return psql.ExitCode;
        }));
        return command;
    }
}
