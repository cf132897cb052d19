using System.Diagnostics;
using System.Globalization;
using Npgsql;

namespace Kyozo.Engine.Host;

/// <summary>PostgreSQL's own programs (psql, pg_dump, pg_restore) on a connection. Everything goes through their environment: a password on the command line could be read by every user of the machine.</summary>
public static class PostgresClient
{
    const string Debian = "/usr/lib/postgresql";

    /// <summary>How to start a program on a connection.</summary>
    /// <param name="program">psql, pg_dump, pg_restore.</param>
    /// <param name="serverMajor">Major version of the server: the program of the same version is preferred, a newer one will do.</param>
    /// <param name="connection">Where to connect and as whom.</param>
    /// <param name="arguments">The program's arguments.</param>
    /// <exception cref="HostProgramException">It is not installed.</exception>
    public static ProcessStartInfo Start(string program, int? serverMajor, NpgsqlConnectionStringBuilder connection, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(Find(program, serverMajor), arguments);
        var environment = start.Environment;
        foreach (var inherited in environment.Keys.Where(name => name.StartsWith("PG", StringComparison.Ordinal)).ToList()) environment.Remove(inherited);
        environment["PGHOST"] = connection.Host;
        environment["PGPORT"] = $"{connection.Port}";
        environment["PGDATABASE"] = connection.Database;
        environment["PGUSER"] = connection.Username;
        environment["PGPASSWORD"] = connection.Password;
        environment["PGAPPNAME"] = $"kyozo {program}";
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
        return start;
    }

    /// <summary>True when a program that fits a server of that major version is installed.</summary>
    public static bool IsInstalled(string program, int serverMajor) => TryFind(program, serverMajor) is not null;

    static string Find(string program, int? serverMajor) => TryFind(program, serverMajor)
        ?? throw new HostProgramException($"{program} is not installed. Install it with: apt-get install postgresql-client{(serverMajor is null ? "" : $"-{serverMajor}")}");

    static string? TryFind(string program, int? serverMajor)
    {
        // A newer pg_restore may send an older server settings that it does not know, an older pg_dump refuses a newer server.
        var installed = Directory.Exists(Debian)
            ? Directory.GetDirectories(Debian)
                .Select(folder => (Major: int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var major) ? major : 0, File: Path.Combine(folder, "bin", program)))
                .Where(found => found.Major >= (serverMajor ?? 0) && File.Exists(found.File))
            : [];
        var fitting = serverMajor is null ? installed.OrderByDescending(found => found.Major) : installed.OrderBy(found => found.Major);
        return fitting.Select(found => found.File).FirstOrDefault() ?? HostProgram.Find(program);
    }
}
