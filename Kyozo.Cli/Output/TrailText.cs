using Kyozo.Data.Events;

namespace Kyozo.Cli.Output;

/// <summary>What a check of the trail found, in plain words.</summary>
static class TrailText
{
    const int Shown = 10;

    public static void Show(TrailReport report, TextWriter output)
    {
        var looked = $"{Count(report.Rows, "row")} in {Count(report.Chains, "chain")} (one per service, one per team), {report.ArchivedRows:N0} of them in the archive, {Count(report.Anchors, "anchor")}";
        if (report.First is not { } first)
        {
            output.WriteLine($"The trail is whole: {looked}.");
        }
        else
        {
            output.WriteLine($"The trail is NOT what was written ({looked}).");
            output.WriteLine();
            output.WriteLine("First:");
            Show(first, output);
            if (report.FaultCount > 1) output.WriteLine("And the first of each other chain, then the anchors:");
            foreach (var fault in report.Faults.Skip(1).Take(Shown)) Show(fault, output);
            if (report.FaultCount > Shown + 1) output.WriteLine($"  … {report.FaultCount - Shown - 1:N0} more; --json lists up to {report.Faults.Count}.");
            output.WriteLine("Keep the database, the file trail/anchors.jsonl and your backups as they are; a backup from before shows what stood there.");
        }

        output.WriteLine();
        if (report.LastAnchorAt is { } at) output.WriteLine($"Last anchor: {at:yyyy-MM-dd HH:mm:ss} UTC.");
        output.WriteLine($"What cannot be seen: {report.Limits}");
        foreach (var note in report.Notes) output.WriteLine($"Note: {note}");
    }

    static void Show(TrailFault fault, TextWriter output)
    {
        output.WriteLine($"  {fault.Place}{(fault.Subject.Length > 0 ? $": {fault.Subject}" : "")}{(fault.Id is { } id ? $", id {id}" : "")}{(fault.OccurredAt is { } at ? $", {at:yyyy-MM-dd HH:mm:ss.ffffff} UTC" : "")}");
        output.WriteLine($"    {fault.Message}");
    }

    static string Count(long count, string noun) => $"{count:N0} {noun}{(count == 1 ? "" : "s")}";
}
