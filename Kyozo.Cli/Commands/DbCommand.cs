using System.CommandLine;
using Kyozo.Cli.Commands.Database;

namespace Kyozo.Cli.Commands;

/// <summary><c>kyozo db …</c>: an installation's database, with an administrator's connection.</summary>
static class DbCommand
{
    public static Command Create()
    {
        var connection = AdministratorConnection.Option();
        return new Command("db", "Look after the database: preflight, migrate, rollback, status, verify, repair, archive, psql, stats, backup, backups, restore.")
        {
            connection,
            DbPreflightCommand.Create(connection),
            DbMigrateCommand.Create(connection),
            DbRollbackCommand.Create(connection),
            DbStatusCommand.Create(connection),
            DbVerifyCommand.Create(connection),
            DbRepairCommand.Create(connection),
            DbArchiveCommand.Create(connection),
            DbPsqlCommand.Create(connection),
            DbStatsCommand.Create(connection),
            DbBackupCommand.Create(connection),
            DbBackupsCommand.Create(connection),
            DbRestoreCommand.Create(connection),
        };
    }
}
