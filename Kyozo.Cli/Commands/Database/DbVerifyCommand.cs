using System.CommandLine;
using Kyozo.Data.Schema;
using Spectre.Console;

namespace Kyozo.Cli.Commands.Database;

/// <summary><c>kyozo db verify</c>: holds the database against what this version expects.</summary>
static class DbVerifyCommand
{
    public static Command Create(Option<string?> connection)
    {
        var all = new Option<bool>("--all") { Description = "List every single thing, not only the sums and the faults." };
        var command = new Command("verify", "Hold the database against what this version expects; exits 1 on a fault.") { all };
        command.SetAction((result, cancellationToken) => AdministratorConnection.UseAsync(result.GetValue(connection), async administrator =>
        {
            var items = await new SchemaVerifier(administrator, TimeProvider.System).VerifyAsync(cancellationToken);
            foreach (var kind in items.GroupBy(item => item.Kind))
            {
                foreach (var item in kind.Where(item => item.Fault is not null || result.GetValue(all))) Print(item.Fault is null, $"{item.Kind} {item.Name}{(item.Fault is null ? "" : $": {item.Fault}")}");
                if (kind.All(item => item.Fault is null)) Print(ok: true, $"{kind.Key}: {kind.Count()}");
            }

            var faults = items.Count(item => item.Fault is not null);
            if (faults > 0) Console.WriteLine($"{faults} of {items.Count} failed. What is missing is made by: kyozo db migrate; what is broken is mended by: kyozo db repair");
            return faults == 0 ? 0 : 1;
        }));
        return command;
    }

    static void Print(bool ok, string line)
    {
        AnsiConsole.Write(new Text(ok ? "ok      " : "failed  ", ok ? Color.Green : Color.Red));
        Console.WriteLine(line);
    }
}
