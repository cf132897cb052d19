using System.CommandLine;
using System.Globalization;
using Kyozo.Data.Schema;

namespace Kyozo.Cli.Commands.Database;

/// <summary><c>kyozo db repair</c>: finds invalid rows, rules and indexes, and mends them after a yes.</summary>
static class DbRepairCommand
{
    public static Command Create(Option<string?> connection)
    {
        var yes = SharedOptions.Yes();
        var command = new Command("repair", "Find rows that break a rule, rules that are missing or not validated, missing and INVALID indexes, and mend them.") { yes };
        command.SetAction((result, cancellationToken) => AdministratorConnection.UseAsync(result.GetValue(connection), async administrator =>
        {
            var repair = new SchemaRepair(administrator, TimeProvider.System);
            var findings = await repair.FindAsync(cancellationToken);
            foreach (var finding in findings) Print(finding);
            if (findings.Count == 0)
            {
                Console.WriteLine("Nothing to repair.");
                return 0;
            }

            var mendable = findings.Where(finding => finding.Mends is not null).ToList();
            var left = findings.Count - mendable.Count;
            if (mendable.Count > 0)
            {
                if (!Confirmation.Ask(result.GetValue(yes), $"Mend {mendable.Count} of {findings.Count} as written above?"))
                {
                    Console.WriteLine("Nothing was changed.");
                    return 1;
                }

                var rows = await repair.MendAsync(mendable, line => Console.WriteLine($"mending  {line}"), cancellationToken);
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Mended {mendable.Count}, {rows:N0} rows changed; the audit trail has it."));
            }

            if (left > 0) Console.WriteLine($"{left} left to you: look at the rows with the queries above in `kyozo db psql`, decide, and run `kyozo db repair` again.");
            return left == 0 ? 0 : 1;
        }));
        return command;
    }

    static void Print(RepairFinding finding)
    {
        Console.WriteLine($"found    {finding.What}");
        if (finding.Show is not null) Console.WriteLine($"         rows: {finding.Show};");
        Console.WriteLine(finding.Mends is null ? "         a person has to decide about these" : $"         → {finding.Mends}");
    }
}
