using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Kyozo.Data;
using Kyozo.Data.Schema;
using Kyozo.Data.WorkerApi;
using Kyozo.Engine.Maintenance;
using Spectre.Console;

namespace Kyozo.Cli.Commands.Database;

/// <summary><c>kyozo db stats</c>: what is large, what is slow, what is not used.</summary>
static class DbStatsCommand
{
    const int Shown = 15;

    public static Command Create(Option<string?> connection)
    {
        var json = new Option<bool>("--json") { Description = "Everything, as JSON." };
        var command = new Command("stats", "Show sizes, use of indexes, dead rows, slow queries, partitions and connections.") { json };
        command.SetAction((result, cancellationToken) => AdministratorConnection.UseAsync(result.GetValue(connection), async administrator =>
        {
            await using var database = new MaintenanceDataSource(administrator);
            var report = await new DatabaseReports(database, TimeProvider.System).ReadAsync(cancellationToken);
            if (result.GetValue(json)) Console.WriteLine(JsonSerializer.Serialize(report, KyozoJson.Indented));
            else Print(report);
            return 0;
        }));
        return command;
    }

    static void Print(DatabaseReport report)
    {
        Console.WriteLine($"PostgreSQL {report.Version}, {Bytes(report.SizeBytes)}; {(report.CacheHitRatio is { } hits ? $"{hits * 100:0.0} % of blocks from memory" : "nothing read yet")}; {report.Connections.Used} of {report.Connections.Limit} connections ({string.Join(", ", report.Connections.ByState.Select(state => $"{state.Value} {state.Key}"))})");
        foreach (var hint in report.Hints) AnsiConsole.MarkupLineInterpolated($"[yellow]look at[/]  {hint}");

        Write("Tables", [.. Left("table"), .. Right("rows", "heap", "indexes", "toast", "dead", "read whole", "by index"), .. Left("vacuumed", "analysed")], report.Tables.Take(Shown).Select(table => (string[])
        [
            table.Table, Number(table.Rows), Bytes(table.TableBytes), Bytes(table.IndexBytes), Bytes(table.ToastBytes), Number(table.DeadRows), Number(table.SequentialScans), Number(table.IndexScans),
            Moment(table.VacuumedAt), Moment(table.AnalyzedAt),
        ]), report.Tables.Count);
        Write("Partitions", [.. Left("table"), .. Right("days"), .. Left("from", "to"), .. Right("rows", "size")], report.Partitions.GroupBy(partition => partition.Table).Select(days => (string[])
        [
            days.Key, Number(days.Count()), Day(days.Min(day => day.Day)), Day(days.Max(day => day.Day)), Number(days.Sum(day => day.Rows)), Bytes(days.Sum(day => day.SizeBytes)),
        ]));
        Write("Indexes", [.. Left("index", "table"), .. Right("size", "used", "entries read")], report.Indexes.Take(Shown).Select(index => (string[])
        [
            index.Index, index.Table, Bytes(index.SizeBytes), Number(index.Scans) + (index.IsConstraint ? " (key)" : ""), Number(index.RowsRead),
        ]), report.Indexes.Count);
        if (report.SlowQueriesHelp is not null) Console.WriteLine($"\nSlow queries: {report.SlowQueriesHelp}");
        else
        {
            Write("Slow queries", [.. Right("total", "mean", "longest", "calls", "rows"), .. Left("query")], report.SlowQueries.Take(Shown).Select(query => (string[])
            [
                Milliseconds(query.TotalMs), Milliseconds(query.MeanMs), Milliseconds(query.LongestMs), Number(query.Calls), Number(query.Rows), query.Query.Length > 100 ? query.Query[..100] + "…" : query.Query,
            ]));
        }

        if (report.LongTransactions.Count > 0)
        {
            Write("Long transactions", [.. Right("process"), .. Left("role", "program", "state", "since", "last statement")], report.LongTransactions.Select(transaction => (string[])
            [
                $"{transaction.ProcessId}", transaction.Role, transaction.Application, transaction.State, Moment(transaction.StartedAt), transaction.Query,
            ]));
        }
    }

    static void Write(string title, TableColumn[] columns, IEnumerable<string[]> rows, int? of = null)
    {
        Console.WriteLine($"\n{title}{(of > Shown ? $" (the {Shown} largest of {of}; --json has all)" : "")}");
        var table = new Table().Border(TableBorder.None);
        table.AddColumns(columns);
        foreach (var row in rows) table.AddRow(row.Select(cell => new Text(cell)).ToArray());
        AnsiConsole.Write(table);
    }

    public static IEnumerable<TableColumn> Left(params string[] names) => names.Select(name => new TableColumn(name));

    public static IEnumerable<TableColumn> Right(params string[] names) => names.Select(name => new TableColumn(name).RightAligned());

    static string Bytes(long bytes) => bytes < 1024 * 1024 ? $"{bytes / 1024d:0} KiB" : $"{bytes / 1024d / 1024d:0.0} MiB";

    static string Number(long number) => number.ToString("#,0", CultureInfo.InvariantCulture);

    static string Milliseconds(double time) => string.Create(CultureInfo.InvariantCulture, $"{time:#,0.0} ms");

    static string Moment(DateTimeOffset? moment) => moment?.UtcDateTime.ToString("MM-dd HH:mm", CultureInfo.InvariantCulture) ?? "never";

    static string Day(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
