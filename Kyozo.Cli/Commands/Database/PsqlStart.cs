using System.Diagnostics;
using Kyozo.Data.Schema;
using Kyozo.Engine.Host;
using Npgsql;

namespace Kyozo.Cli.Commands.Database;

/// <summary>How psql is started on a connection.</summary>
static class PsqlStart
{
    public static ProcessStartInfo Create(NpgsqlConnectionStringBuilder connection, bool asAdministrator, IReadOnlyList<string> arguments)
    {
        var start = PostgresClient.Start("psql", serverMajor: null, connection, arguments);
        start.Environment["PGAPPNAME"] = "kyozo db psql";
        if (!asAdministrator) start.Environment["PGOPTIONS"] = $"-c role={DatabaseRoles.Owner}";
        return start;
    }
}
