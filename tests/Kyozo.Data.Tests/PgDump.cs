using Kyozo.Testing;
using Npgsql;

namespace Kyozo.Data.Tests;

/// <summary>PostgreSQL's own programs as independent witnesses.</summary>
static class PgDump
{
    public static async Task<string> SchemaAsync(TestDatabase database, CancellationToken cancellationToken)
    {
        var dump = (await RunAsync("pg_dump", database.Admin, ["--schema-only"], null, cancellationToken)).Succeeded();
        // Newer versions frame the dump in a random word against injection.
        return string.Join('\n', dump.Split('\n').Where(line => !line.StartsWith(@"\restrict", StringComparison.Ordinal) && !line.StartsWith(@"\unrestrict", StringComparison.Ordinal)));
    }

    public static Task<CommandResult> RunAsync(
        string program, string connectionString, IEnumerable<string> arguments, string? input, CancellationToken cancellationToken)
    {
        var connection = new NpgsqlConnectionStringBuilder(connectionString);
        var environment = new Dictionary<string, string?>
        {
            ["PGHOST"] = connection.Host,
            ["PGPORT"] = $"{connection.Port}",
            ["PGUSER"] = connection.Username,
            ["PGPASSWORD"] = connection.Password,
            ["PGDATABASE"] = connection.Database,
        };
        return Command.RunAsync(program, arguments, cancellationToken, environment, input: input);
    }
}
