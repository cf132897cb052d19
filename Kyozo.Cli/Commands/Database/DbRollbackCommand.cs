using System.CommandLine;
using System.Globalization;
using Kyozo.Cli.Output;
using Kyozo.Data.Schema;

namespace Kyozo.Cli.Commands.Database;

/// <summary><c>kyozo db rollback</c>: takes migrations back, after saying what is lost with them.</summary>
static class DbRollbackCommand
{
    public static Command Create(Option<string?> connection)
    {
        var to = new Option<string?>("--to") { Description = $"Migration to go back to; one step without it; {Migrator.Nothing} takes back all." };
        var yes = SharedOptions.Yes();
        var timeout = SharedOptions.StatementTimeout();
        var command = new Command("rollback", "Take migrations back. What is in the tables and columns that they made is counted, and lost.") { to, yes, timeout };
        command.SetAction((result, cancellationToken) => AdministratorConnection.UseAsync(result.GetValue(connection), async administrator =>
        {
            var progress = ProgressLines.OnConsole();
            var migrator = MigratorSetup.Create(administrator, progress.Say, result.GetValue(timeout));
            var done = await migrator.RollbackAsync(result.GetValue(to), plan => Confirm(plan, result.GetValue(yes), progress), cancellationToken);
            progress.Say(done ? "Rolled back. The processes of this version refuse to start until: kyozo db migrate" : "Nothing was changed.");
            return done ? 0 : 1;
        }));
        return command;
    }

    static bool Confirm(RollbackPlan plan, bool yes, ProgressLines progress)
    {
        if (plan.Losses.Count == 0) return true;
        progress.Show($"Taking back {string.Join(", ", plan.Migrations.Select(migration => migration.Name))} loses:");
        foreach (var loss in plan.Losses) progress.Show(string.Create(CultureInfo.InvariantCulture, $"  {loss.What}: {(loss.Exact ? "" : "about ")}{loss.Rows:N0} {(loss.Rows == 1 ? "row" : "rows")}"));
        return Confirmation.Ask(yes, "All of this is deleted from the database and comes back only from a backup. Go on?");
    }
}
