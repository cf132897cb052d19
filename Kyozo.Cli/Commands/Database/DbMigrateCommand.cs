using System.CommandLine;
using Kyozo.Cli.Output;
using Kyozo.Data.Schema;

namespace Kyozo.Cli.Commands.Database;

/// <summary><c>kyozo db migrate</c>: brings the schema forward.</summary>
static class DbMigrateCommand
{
    public static Command Create(Option<string?> connection)
    {
        var to = new Option<string?>("--to") { Description = "Last migration to apply; all without it." };
        var sql = new Option<bool>("--sql") { Description = "Print a script for psql instead; it may be run on an empty database and on one that has some of the migrations." };
        var timeout = SharedOptions.StatementTimeout();
        var command = new Command("migrate", "Make roles, apply the migrations that are missing, make the partitions of the next days.") { to, sql, timeout };
        command.SetAction((result, cancellationToken) => result.GetValue(sql)
            ? AdministratorConnection.ExplainAsync(() => PrintAsync(result.GetValue(to), result.GetValue(timeout)))
            : AdministratorConnection.UseAsync(result.GetValue(connection), async administrator =>
            {
                var progress = ProgressLines.OnConsole();
                await MigratorSetup.Create(administrator, progress.Say, result.GetValue(timeout)).MigrateAsync(result.GetValue(to), cancellationToken);
                progress.Say(result.GetValue(to) is { } last ? $"The database is at {last}." : "The database is up to date.");
                return 0;
            }));
        return command;
    }

    static Task<int> PrintAsync(string? to, TimeSpan? timeout)
    {
        Console.Write(MigrationScript.Create(to, timeout, TimeProvider.System));
        return Task.FromResult(0);
    }
}
