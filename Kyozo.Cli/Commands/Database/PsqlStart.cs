using System.Diagnostics;
using Kyozo.Data.Schema;
using Npgsql;

namespace Kyozo.Cli.Commands.Database;

/// <summary>How psql is started on a connection. Everything goes through its environment: a password on the command line could be read by every user of the machine.</summary>
static class PsqlStart
{
    const string Debian = "/usr/lib/postgresql";

    public static ProcessStartInfo Create(NpgsqlConnectionStringBuilder connection, bool asAdministrator, IReadOnlyList<string> arguments)
    {
        var start = new ProcessStartInfo(FindProgram(), arguments);
        var environment = start.Environment;
        environment["PGHOST"] = connection.Host;
        environment["PGPORT"] = $"{connection.Port}";
        environment["PGDATABASE"] = connection.Database;
        environment["PGUSER"] = connection.Username;
        environment["PGPASSWORD"] = connection.Password;
        environment["PGAPPNAME"] = "kyozo db psql";
        environment["PGSSLMODE"] = connection.SslMode switch
        {
            SslMode.VerifyFull => "verify-full",
            SslMode.VerifyCA => "verify-ca",
            SslMode.Require => "require",
            SslMode.Disable => "disable",
            SslMode.Allow => "allow",
            _ => "prefer",
        };
        if (connection.RootCertificate is { } certificate) environment["PGSSLROOTCERT"] = certificate;
        environment["PGOPTIONS"] = asAdministrator ? null : $"-c role={DatabaseRoles.Owner}";
        return start;
    }

    static string FindProgram()
    {
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        var debian = Directory.Exists(Debian) ? Directory.GetDirectories(Debian).OrderDescending().Select(version => Path.Combine(version, "bin")) : [];
        return folders.Concat(debian).Select(folder => Path.Combine(folder, "psql")).FirstOrDefault(File.Exists)
            ?? throw new CommandException("psql is not installed. Install it with: apt-get install postgresql-client");
    }
}
