using System.Globalization;
using Kyozo.Data.Topology;
using Spectre.Console;

namespace Kyozo.Cli.Commands;

/// <summary>Shows a topology to people.</summary>
static class TopologyPrinter
{
    const double Sure = 0.8, Unsure = 0.5;
    const int ShownSkipped = 10;

    public static void Print(FolderTopology topology, bool explain)
    {
        if (topology.Services.Count > 0) AnsiConsole.Write(Services(topology));
        foreach (var edge in topology.Dependencies)
        {
            var through = edge.EnvVariable is null ? "" : $" through [bold]{Plain(edge.EnvVariable)}[/]";
            AnsiConsole.MarkupLine($"  {Score(edge.Confidence)}  {Plain(edge.From)} → {Plain(edge.To)}{through}{(edge.Type == DependencyType.Optional ? " [dim](optional)[/]" : "")}  [dim]{Plain(Best(edge.Evidence, null))}[/]");
        }
        if (explain) Explain(topology);
        foreach (var note in explain ? topology.Notes : topology.Notes.Skip(1)) AnsiConsole.MarkupLine($"\n  {Plain(note)}");
        if (topology.Skipped.Count == 0) return;
        AnsiConsole.MarkupLine($"\n[dim]{topology.Skipped.Count} not looked at:[/]");
        foreach (var skipped in topology.Skipped.Take(explain ? int.MaxValue : ShownSkipped)) AnsiConsole.MarkupLine($"[dim]  {Plain(skipped.Path)}: {Plain(skipped.Reason)}[/]");
        if (!explain && topology.Skipped.Count > ShownSkipped) AnsiConsole.MarkupLine($"[dim]  and {topology.Skipped.Count - ShownSkipped} more (--explain)[/]");
    }

    static Table Services(FolderTopology topology)
    {
        var table = new Table { Border = TableBorder.Simple };
        table.AddColumns(new TableColumn("Service").NoWrap(), new("Score"), new("Made of"), new TableColumn("Folder").NoWrap(), new("Port"), new("Because"));
        foreach (var service in topology.Services)
        {
            var made = service.Type.Word() + (service.Framework is null ? "" : $" ({service.Framework})") + (service.Version is null ? "" : $" {service.Version}");
            table.AddRow($"[bold]{Plain(service.Name)}[/]", Score(service.Confidence), Plain(made), Plain(service.Path ?? service.Image ?? "ready image"), service.Port?.ToString(CultureInfo.InvariantCulture) ?? "–", Plain(Best(service.Evidence, service.Path)));
        }
        return table;
    }

    static void Explain(FolderTopology topology)
    {
        foreach (var service in topology.Services)
        {
            AnsiConsole.MarkupLine($"\n[bold]{Plain(service.Name)}[/] is {service.Type.Word()}, {Score(service.Confidence)}");
            Evidence(service.Evidence);
            if (service.StartCommand is { } start) AnsiConsole.MarkupLine($"      starts with [bold]{Plain(start)}[/]");
            foreach (var other in service.Alternatives) AnsiConsole.MarkupLine($"      [dim]or {other.Type.Word()} {Number(other.Confidence)}: {Plain(other.Reason)}[/]");
        }
        foreach (var edge in topology.Dependencies)
        {
            AnsiConsole.MarkupLine($"\n[bold]{Plain(edge.From)} → {Plain(edge.To)}[/], {Score(edge.Confidence)}");
            Evidence(edge.Evidence);
            if (edge.ConnectionTemplate is { } template) AnsiConsole.MarkupLine($"      {Plain(edge.EnvVariable ?? "")} = {Plain(template)}");
        }
    }

    static void Evidence(IReadOnlyList<Evidence> evidence)
    {
        foreach (var one in evidence) AnsiConsole.MarkupLine($"  {one.Weight.ToString("+0.00;-0.00", CultureInfo.InvariantCulture)}  {Plain(one.Signal)}  [dim]{Plain(one.File)}{(one.Line is null ? "" : $":{one.Line}")}[/]");
    }

    /// <summary>The weightiest reason with its place; a file of the service's own folder without that folder, which stands beside it.</summary>
    static string Best(IReadOnlyList<Evidence> evidence, string? folder)
    {
        if (evidence.MaxBy(one => one.Weight) is not { } best) return "";
        var file = folder is not null && best.File.StartsWith(folder + "/", StringComparison.Ordinal) ? best.File[(folder.Length + 1)..] : best.File;
        var place = best.Line is null ? file : $"{file}:{best.Line}";
        return best.Signal == file ? place : $"{best.Signal} ({place})";
    }

    static string Score(double score) => $"[{(score >= Sure ? "green" : score >= Unsure ? "yellow" : "red")}]{Number(score)}[/]";

    static string Number(double score) => score.ToString("0.00", CultureInfo.InvariantCulture);

    /// <summary>Names come from the folder: no markup and no control character of theirs reaches the terminal.</summary>
    static string Plain(string text) => Markup.Escape(string.Concat(text.Select(c => char.IsControl(c) ? '?' : c)));
}
