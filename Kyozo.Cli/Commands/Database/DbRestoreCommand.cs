using System.CommandLine;
using Kyozo.Data;
using Kyozo.Engine.Backups;
using Npgsql;

namespace Kyozo.Cli.Commands.Database;

/// <summary><c>kyozo db restore</c>: brings a backup back.</summary>
static class DbRestoreCommand
{
    public static Command Create(Option<string?> connection)
    {
        var file = new Argument<string>("file") { Description = "The backup." };
        var into = new Option<string?>("--into") { Description = "Database to restore into, made when it is not there; without it the one of the connection." };
        var replace = new Option<bool>("--replace") { Description = "Take the place of a database that is not empty; what was there is kept under another name." };
        var yes = new Option<bool>("--yes") { Description = "Do not ask." };
        var keyFile = new Option<string?>("--key") { Description = "Key file that the backup was written with; without it keys/backup.key of this home." };
        var command = new Command("restore", "Bring a backup back: read all of it, restore it beside the target, compare, and only then take the target's name.") { file, into, replace, yes, keyFile };
        command.SetAction((result, cancellationToken) => AdministratorConnection.UseAsync(result.GetValue(connection), async administrator =>
        {
            var target = result.GetValue(into) ?? new NpgsqlConnectionStringBuilder(administrator).Database!;
            var restore = new DatabaseRestore(administrator, MigratorSetup.Passwords(), BackupAccess.Options().Value, TimeProvider.System, Console.WriteLine);
            var key = BackupKey.Read(result.GetValue(keyFile) ?? KyozoHome.FromEnvironment().BackupKeyFile);
            var replacing = result.GetValue(replace) && await restore.HoldsSomethingAsync(target, cancellationToken);
            if (replacing && !result.GetValue(yes)) Confirm(target);

            var done = await restore.RunAsync(Path.GetFullPath(result.GetValue(file)!), key, target, replacing, cancellationToken);
            Console.WriteLine($"{target} is restored: {done.Manifest.Content.TotalRows} rows of {done.Manifest.TakenAt:yyyy-MM-dd HH:mm} UTC.");
            if (done.FormerDatabase is { } former)
            {
                Console.WriteLine($"What was there is kept as {former}, closed. When you need it no more: kyozo db psql --admin -- -d postgres -c 'DROP DATABASE \"{former}\"'");
                Console.WriteLine("Restart what works on it: ./kyozo down --keep-services, then ./kyozo up");
            }
            else if (result.GetValue(into) is not null)
            {
                Console.WriteLine($"Nothing works on it. To look into it: kyozo db psql --admin -- -d {target}; to drop it: kyozo db psql --admin -- -d postgres -c 'DROP DATABASE \"{target}\"'");
            }

            return 0;
        }));
        return command;
    }

    static void Confirm(string target)
    {
        if (Console.IsInputRedirected) throw new CommandException($"{target} is not empty and would be replaced. Say --yes to do it without being asked.");
        Console.Write($"{target} is not empty and would be replaced (it is kept under another name). Type its name to go on: ");
        if (Console.ReadLine()?.Trim() != target) throw new CommandException("Nothing was done.");
    }
}
