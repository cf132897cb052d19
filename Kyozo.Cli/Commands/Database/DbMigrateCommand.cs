using System.CommandLine;
using Kyozo.Cli.Output;
using Kyozo.Data.Schema;
using Kyozo.Data.Schema.Preflight;

namespace Kyozo.Cli.Commands.Database;

/// <summary><c>kyozo db migrate</c>: brings the schema forward.</summary>
static class DbMigrateCommand
{
    public static Command Create(Option<string?> connection)
    {
        var to = new Option<string?>("--to") { Description = "Last migration to apply; all without it." };
        var sql = new Option<bool>("--sql") { Description = "Print a script for psql instead; it may be run on an empty database and on one that has some of the migrations." };
        var force = new Option<bool>("--force") { Description = "Migrate although the preflight failed." };
        var timeout = SharedOptions.StatementTimeout();
        var command = new Command("migrate", "Make roles, apply the migrations that are missing, make the partitions of the next days.") { to, sql, timeout, force };
        command.SetAction((result, cancellationToken) => result.GetValue(sql)
            ? AdministratorConnection.ExplainAsync(() => PrintAsync(result.GetValue(to), result.GetValue(timeout)))
            : AdministratorConnection.UseAsync(result.GetValue(connection), async administrator =>
            {
                var progress = ProgressLines.OnConsole();
                await CheckAsync(administrator, result.GetValue(to), result.GetValue(force), cancellationToken);
                await MigratorSetup.Create(administrator, progress.Say, result.GetValue(timeout)).MigrateAsync(result.GetValue(to), cancellationToken);
                progress.Say(result.GetValue(to) is { } last ? $"The database is at {last}." : "The database is up to date.");
                return 0;
            }));
        return command;
    }

    static async Task CheckAsync(string administrator, string? to, bool force, CancellationToken cancellationToken)
    {
        var lines = await new PreflightReader(administrator, TimeProvider.System).CheckAsync(to, cancellationToken);
        DbPreflightCommand.Print(lines, all: false);
        if (!force && lines.Any(line => line.Level == PreflightLevel.Failed))
            throw new CommandException("The preflight failed; nothing was changed. Mend what it says (all of it: kyozo db preflight), or go on without: kyozo db migrate --force");
    }

    static Task<int> PrintAsync(string? to, TimeSpan? timeout)
    {
        Console.Write(MigrationScript.Create(to, timeout, TimeProvider.System));
        return Task.FromResult(0);
    }
}
