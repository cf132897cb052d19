using System.CommandLine;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using Kyozo.Cli.Setup;
using Kyozo.Data.Schema;
using Kyozo.Engine.Retention;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Kyozo.Cli.Commands.Database;

/// <summary><c>kyozo db archive</c>: what the nightly archival does, now; or what it would do.</summary>
static class DbArchiveCommand
{
    /// <summary>Name that PostgreSQL shows for its connections.</summary>
    public const string ApplicationName = "kyozo-archive";

    public static Command Create(Option<string?> connection)
    {
        var dryRun = new Option<bool>("--dry-run") { Description = "Only show what would go, and until when the rest is kept." };
        var all = new Option<bool>("--all") { Description = "With --dry-run: list also every day that stays." };
        var command = new Command("archive", "Move events past their limit to the archive, drop checks and metrics past theirs (they stay as roll-ups).") { dryRun, all };
        command.SetAction((result, cancellationToken) => AdministratorConnection.UseAsync(result.GetValue(connection), async administrator =>
        {
            var settings = new NpgsqlConnectionStringBuilder(administrator) { ApplicationName = ApplicationName };
            await using var database = new MaintenanceDataSource(settings.ConnectionString);
            var archiver = new Archiver(database, new Rollup(database, TimeProvider.System), Options.Create(Limits()), [], TimeProvider.System);
            if (result.GetValue(dryRun))
            {
                Show(await archiver.PlanAsync(cancellationToken), result.GetValue(all));
                return 0;
            }

            var done = await archiver.RunAsync(cancellationToken);
            foreach (var name in done?.Archived ?? []) Console.WriteLine($"archived  {name}");
            foreach (var name in done?.Dropped ?? []) Console.WriteLine($"dropped   {name}");
            Console.WriteLine(done switch
            {
                null => "Another archival or a backup is under way; nothing was done.",
                { Archived: [], Dropped: [], Minutes: [], Forgotten: 0 } => "Nothing has passed its limit. What goes next: kyozo db archive --dry-run",
                _ => string.Create(CultureInfo.InvariantCulture, $"{Days(done.Archived.Count)} archived, {Days(done.Dropped.Count)} dropped, {Days(done.Minutes.Count)} of minutes and {done.Forgotten:#,0} roll-ups forgotten."),
            });
            return 0;
        }));
        return command;
    }

    // The same section as the worker's: what it is told in its environment is told here.
    static RetentionOptions Limits()
    {
        try
        {
            var limits = new ConfigurationBuilder().AddEnvironmentVariables().Build().GetSection("Kyozo:Retention").Get<RetentionOptions>() ?? new();
            Validator.ValidateObject(limits, new(limits), validateAllProperties: true);
            return limits;
        }
        catch (Exception e) when (e is ValidationException or InvalidOperationException)
        {
            throw new CommandException($"Kyozo__Retention__… is not valid: {e.Message} A good value: Kyozo__Retention__Metrics=14.00:00:00", inner: e);
        }
    }

    static void Show(IReadOnlyList<PlannedPartition> plan, bool all)
    {
        var going = plan.Where(planned => planned.Goes).ToList();
        if (going.Count > 0 || all) Line("PARTITION", "ROWS", "SIZE", "WHAT AND WHY");
        foreach (var planned in plan.Where(planned => planned.Goes || all))
        {
            var (stored, limit) = (planned.Stored, planned.Limit);
            Line(
                stored.Partition.Name, (planned.Goes ? "" : "~") + stored.Rows.ToString("#,0", CultureInfo.InvariantCulture), DiskCheck.Size(stored.Bytes),
                planned.Goes
                    ? $"{(limit.Table == RetentionLimits.Events ? "to the archive" : "dropped, its roll-ups stay")}: older than {Wish(limit)}"
                    : $"kept until {Date(planned.GoesAt)}: {Wish(limit)}");
        }

        Console.WriteLine(going.Count == 0
            ? "Nothing has passed its limit."
            : string.Create(CultureInfo.InvariantCulture, $"{Days(going.Count)} would go: {going.Sum(planned => planned.Stored.Rows):#,0} rows, {DiskCheck.Size(going.Sum(planned => planned.Stored.Bytes))}. Nothing was changed; without --dry-run it is done now."));
        foreach (var table in plan.Where(planned => !planned.Goes).GroupBy(planned => planned.Limit.Table))
        {
            var next = table.First();
            Console.WriteLine($"{table.Key}: the next to go is {Date(next.Stored.Partition.From)}, on {Date(next.GoesAt)} ({Wish(next.Limit)})");
        }
    }

    static string Wish(RetentionLimit limit) => string.Create(CultureInfo.InvariantCulture, $"{limit.Kept.TotalDays:0.##} days, as {limit.Wanted} wants");

    static string Days(int count) => count == 1 ? "1 day" : $"{count} days";

    static string Date(DateTimeOffset moment) => moment.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    static void Line(string name, string rows, string size, string what) => Console.WriteLine($"{name,-36} {rows,12} {size,10}  {what}");
}
