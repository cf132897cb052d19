using Kyozo.Data;
using Kyozo.Data.Schema;
using Kyozo.Engine.Backups;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Kyozo.Cli.Commands.Database;

/// <summary>Backups of the command line: an administrator keeps the books and makes the scratch database; the dump is read with the rights of <c>kyozo_backup</c> alone.</summary>
static class BackupAccess
{
    const string Variable = "ConnectionStrings__kyozodb_backup";

    public static BackupRunner Runner(MaintenanceDataSource database, string administrator, KyozoHome home) =>
        new(database, Connections(administrator, home), home, Options(), TimeProvider.System);

    public static IOptions<BackupOptions> Options() =>
        Microsoft.Extensions.Options.Options.Create(new ConfigurationBuilder().AddEnvironmentVariables().Build().GetSection("Kyozo:Backup").Get<BackupOptions>() ?? new());

    static BackupConnections Connections(string administrator, KyozoHome home)
    {
        var known = Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } given ? given : ConnectionFile.Read(home)?.Backup;
        if (known is not null && IsSameDatabase(new(known), new(administrator))) return new(known, null, administrator);

        // An administrator may act as the role, whose password nobody need know then.
        return new(administrator, DatabaseRoles.Backup, administrator);
    }

    static bool IsSameDatabase(NpgsqlConnectionStringBuilder one, NpgsqlConnectionStringBuilder other) =>
        (one.Host, one.Port, one.Database) == (other.Host, other.Port, other.Database);
}
