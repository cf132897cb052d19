using System.CommandLine;
using Kyozo.Data;
using Kyozo.Data.Backups;
using Kyozo.Data.Schema;
using Kyozo.Engine.Backups;

namespace Kyozo.Cli.Commands.Database;

/// <summary><c>kyozo db backup</c>: makes a backup now.</summary>
static class DbBackupCommand
{
    public static Command Create(Option<string?> connection)
    {
        var to = new Option<string?>("--to") { Description = "File to write it to; without it the folder of backups, where the oldest make room." };
        var noCheck = new Option<bool>("--no-check") { Description = "Do not restore it into a scratch database to see whether it can be." };
        var command = new Command("backup", "Make an encrypted backup, and restore it into a scratch database to see that it is whole; exits 1 unless it is good.") { to, noCheck };
        command.SetAction((result, cancellationToken) => AdministratorConnection.UseAsync(result.GetValue(connection), async administrator =>
        {
            var home = KyozoHome.FromEnvironment();
            var file = result.GetValue(to) is { } named ? Path.GetFullPath(named) : null;
            if (file is not null && !Directory.Exists(Path.GetDirectoryName(file))) throw new CommandException($"There is no folder {Path.GetDirectoryName(file)}. Make it, or name a file in another one.");
            await using var database = new MaintenanceDataSource(administrator);
            var request = new BackupRequest(file, Check: !result.GetValue(noCheck), Environment.MachineName);
            var done = await BackupAccess.Runner(database, administrator, home).RunAsync(request, Console.WriteLine, cancellationToken);
            Console.WriteLine($"{done.File}  {DbBackupsCommand.Size(done.SizeBytes)}, {done.Rows} rows, {Words(done.Status)}");
            foreach (var gone in done.Removed) Console.WriteLine($"removed {gone}");
            if (done.Problem is not null) await Console.Error.WriteLineAsync(done.Problem);
            Console.WriteLine($"It can be read only with {home.BackupKeyFile}: keep a copy of that file, and of {Path.Combine(home.Root, "keys")}, somewhere else.");
            return done.Status is BackupStatus.Good || (done.Status is BackupStatus.Unchecked && done.Problem is null) ? 0 : 1;
        }));
        return command;
    }

    static string Words(BackupStatus status) => status switch
    {
        BackupStatus.Good => "good: restored and compared",
        BackupStatus.Unchecked => "not checked",
        _ => $"{EnumWord.Of(status)}: kept aside",
    };
}
