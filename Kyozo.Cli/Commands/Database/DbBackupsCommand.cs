using System.CommandLine;
using System.Globalization;
using Kyozo.Data.Schema;
using Npgsql;
using Spectre.Console;

namespace Kyozo.Cli.Commands.Database;

/// <summary><c>kyozo db backups</c>: which were made and how they ended.</summary>
static class DbBackupsCommand
{
    public static Command Create(Option<string?> connection)
    {
        var all = new Option<bool>("--all") { Description = "Also those that rotation removed." };
        var command = new Command("backups", "List the backups, newest first.") { all };
        command.SetAction((result, cancellationToken) => AdministratorConnection.UseAsync(result.GetValue(connection), async administrator =>
        {
            await using var database = new MaintenanceDataSource(administrator);
            await using var session = await database.OpenAsync(cancellationToken);
            await using var query = new NpgsqlCommand(
                """
                SELECT started_at, status || CASE WHEN removed_at IS NULL THEN '' ELSE ', removed' END, size_bytes,
                       (SELECT sum(rows.value::bigint)::bigint FROM jsonb_each_text(row_counts) rows), schema_version, coalesce(file, outcome, '')
                FROM backups WHERE $1 OR removed_at IS NULL ORDER BY started_at DESC LIMIT 200
                """, session)
            { Parameters = { new() { Value = result.GetValue(all) } } };
            await using var reader = await query.ExecuteReaderAsync(cancellationToken);
            var table = new Table().Border(TableBorder.None).AddColumns([.. DbStatsCommand.Left("when (UTC)", "state"), .. DbStatsCommand.Right("size", "rows"), .. DbStatsCommand.Left("schema", "file")]);
            while (await reader.ReadAsync(cancellationToken))
            {
                table.AddRow(
                    new Text(reader.GetDateTime(0).ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture)), new Text(reader.GetString(1)), new Text(Size(Number(reader, 2))),
                    new Text(Number(reader, 3)?.ToString(CultureInfo.InvariantCulture) ?? "–"), new Text(reader.IsDBNull(4) ? "–" : reader.GetString(4)), new Text(reader.GetString(5)));
            }

            if (table.Rows.Count == 0) Console.WriteLine("There is no backup yet. Make one with: kyozo db backup");
            else AnsiConsole.Write(table);
            return 0;
        }));
        return command;
    }

    public static string Size(long? bytes) => bytes is { } size ? $"{size / 1024d / 1024d:0.0} MiB" : "–";

    static long? Number(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetInt64(column);
}
