using System.CommandLine;

namespace Kyozo.Cli.Commands.Database;

/// <summary><c>kyozo db status</c>: which migrations the database has.</summary>
static class DbStatusCommand
{
    public static Command Create(Option<string?> connection)
    {
        var command = new Command("status", "List the migrations; exits 1 when some are missing.");
        command.SetAction((result, cancellationToken) => AdministratorConnection.UseAsync(result.GetValue(connection), async administrator =>
        {
            var states = await MigratorSetup.Create(administrator, Console.WriteLine).ReadStatusAsync(cancellationToken);
            foreach (var state in states) Console.WriteLine($"{(state.Applied ? "applied" : "missing")}  {state.Id}");
            var missing = states.Count(state => !state.Applied);
            Console.WriteLine(missing == 0 ? "The database is up to date." : $"{missing} missing. Apply with: kyozo db migrate");
            return missing == 0 ? 0 : 1;
        }));
        return command;
    }
}
