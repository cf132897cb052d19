using Kyozo.Data.Topology;
using Kyozo.Engine.Folders;
using Kyozo.Engine.Topology.Backing;
using Kyozo.Engine.Topology.Stating;

namespace Kyozo.Engine.Topology.Corrections;

/// <summary>Lays what people said over what was found: it holds, with score 1; what detection found stays beside it as an alternative. Pure.</summary>
public static class CorrectedTopology
{
    /// <summary>The corrected topology. A correction that applies to nothing any more is listed as skipped, with the reason.</summary>
    public static FolderTopology Apply(FolderSnapshot snapshot, FolderTopology found, IReadOnlyCollection<Correction> corrections)
    {
        if (corrections.Count == 0) return found;
        var draft = new TopologyDraft(found);
        // Services before the edges between them; the rest of the order only makes the answer the same every time.
        foreach (var correction in corrections.OrderBy(one => one.Kind).ThenBy(one => one.Path, StringComparer.Ordinal).ThenBy(one => one.Service, StringComparer.Ordinal).ThenBy(one => one.Other, StringComparer.Ordinal))
        {
            var missing = correction.Kind switch
            {
                CorrectionKind.Service => Correct(snapshot, draft, correction),
                CorrectionKind.NoService => Remove(snapshot, draft, correction),
                CorrectionKind.Edge => Connect(draft, correction),
                _ => Disconnect(draft, correction),
            };
            if (missing is not null) draft.Note(Place(correction), $"{correction.Sentence}; it is kept, but {missing}");
        }
        return draft.ToTopology();
    }

    static string Place(Correction correction) => correction.Path ?? (correction.Other is null ? correction.Service : $"{correction.Service} → {correction.Other}");

    static DetectedService? Find(TopologyDraft draft, Correction correction)
    {
        if (draft.Named(correction.Service) is { } named && named.Path == correction.Path) return named;
        if (correction.Path is null) return null;
        // Detection may name it otherwise today: the only service of the folder is meant.
        return draft.Services.Where(one => one.Path == correction.Path).ToList() is [var only] ? only : null;
    }

    static string? Correct(FolderSnapshot snapshot, TopologyDraft draft, Correction correction)
    {
        var found = Find(draft, correction);
        if (found is null && correction.Path is { } path && !SubFolder.Exists(snapshot, path)) return $"there is no folder {path} any more";
        var type = correction.Values.Type;
        if (found is null && correction.Path is null && type?.IsBacking() != true) return "nothing of that name is found any more";
        var looked = found ?? (correction.Path is { } folder ? SubFolder.Look(snapshot, folder) : null);
        var basis = looked ?? new() { Name = correction.Service, Path = correction.Path, Type = type ?? ServiceType.Custom, Port = type is { } backing ? BackingCatalogue.PortOf(backing) : null, Confidence = 0, Watch = correction.Path is { } watched ? [watched] : [] };
        var corrected = Corrected(basis, correction) with { Name = found?.Name ?? correction.Service };
        draft.Put(found, corrected);
        // An address of the other kind would not be understood.
        if (found is not null && found.Type != corrected.Type && corrected.Type.IsBacking())
            draft.ChangeEdgesTo(corrected.Name, edge => edge.ConnectionTemplate is null ? edge : edge with { ConnectionTemplate = ConnectionVariables.UrlTemplate(corrected.Type, null) });
        return basis.Type == ServiceType.Custom && type is null ? "nothing tells what it is made of: correct its type" : null;
    }

    static DetectedService Corrected(DetectedService found, Correction correction)
    {
        var values = correction.Values;
        var type = values.Type ?? found.Type;
        // Commands of another language mean nothing in this one.
        var differs = type != found.Type;
        var corrected = found with
        {
            Type = type,
            Framework = differs ? null : found.Framework,
            Version = differs ? null : found.Version,
            PackageManager = differs ? null : found.PackageManager,
            Port = values.Port is { } port ? port == 0 ? null : port : differs && type.IsBacking() ? BackingCatalogue.PortOf(type) : found.Port,
            Image = differs && found.Image is { } image && BackingCatalogue.OfImage(image) != ServiceType.Image ? null : found.Image,
            InstallCommand = Text(values.InstallCommand, differs ? null : found.InstallCommand),
            BuildCommand = Text(values.BuildCommand, differs ? null : found.BuildCommand),
            StartCommand = Text(values.StartCommand, differs ? null : found.StartCommand),
            OutputPath = differs || values.StartCommand is { Length: > 0 } ? null : found.OutputPath,
            HealthPath = Text(values.HealthPath, values.Port == 0 ? null : found.HealthPath),
            Confidence = 1,
            Evidence = [new(found.Path ?? correction.Service, null, correction.Sentence, 1), .. found.Evidence],
        };
        // A probe that a file states asks at the old place.
        if (corrected.Stated is { HealthChecks.Count: > 0 } stated && (values.Port is not null || values.HealthPath is not null))
        {
            var left = stated with { HealthChecks = [] };
            corrected = corrected with { Stated = left.IsEmpty ? null : left };
        }
        var before = Differences(found, corrected);
        return found.Confidence == 0 || before.Length == 0 ? corrected : corrected with { Alternatives = [new(found.Type, found.Confidence, $"what detection says: {before}"), .. found.Alternatives] };
    }

    static string? Text(string? corrected, string? found) => corrected is null ? found : corrected.Length == 0 ? null : corrected;

    static string Differences(DetectedService found, DetectedService corrected)
    {
        var parts = new List<string>();
        void Add(string what, string? one, string? other)
        {
            if (one != other) parts.Add($"{what} {one ?? "none"}");
        }

        Add("type", found.Type.Word(), corrected.Type.Word());
        Add("port", found.Port?.ToString(System.Globalization.CultureInfo.InvariantCulture), corrected.Port?.ToString(System.Globalization.CultureInfo.InvariantCulture));
        Add("install", found.InstallCommand, corrected.InstallCommand);
        Add("build", found.BuildCommand, corrected.BuildCommand);
        Add("start", found.StartCommand, corrected.StartCommand);
        Add("health", found.HealthPath, corrected.HealthPath);
        return string.Join(", ", parts);
    }

    static string? Remove(FolderSnapshot snapshot, TopologyDraft draft, Correction correction)
    {
        if (Find(draft, correction) is { } found)
        {
            draft.Remove(found);
            draft.Note(found.Path ?? found.Name, $"{correction.Sentence} (detection says: {found.Type.Word()}, score {found.Confidence.ToString("0.00", System.Globalization.CultureInfo.InvariantCulture)})");
            return null;
        }
        return correction.Path is { } path && !SubFolder.Exists(snapshot, path) ? $"there is no folder {path} any more" : null;
    }

    static string? Connect(TopologyDraft draft, Correction correction)
    {
        var (from, to) = (Find(draft, correction)?.Name ?? correction.Service, correction.Other!);
        var known = draft.Edge(from, to);
        var variable = Text(correction.Values.EnvVariable, known?.EnvVariable);
        var edge = new DetectedDependency(from, to, correction.Values.DependencyType ?? known?.Type ?? DependencyType.Requires, variable, 1, [new(correction.Path ?? from, null, correction.Sentence, 1), .. known?.Evidence ?? []])
        {
            ConnectionTemplate = variable == known?.EnvVariable ? known?.ConnectionTemplate : null,
        };
        return draft.Connect(edge) ? null : $"there is no service {(draft.Named(from) is null ? from : to)} any more";
    }

    static string? Disconnect(TopologyDraft draft, Correction correction)
    {
        var from = Find(draft, correction)?.Name ?? correction.Service;
        if (draft.Edge(from, correction.Other!) is { } edge)
        {
            draft.Disconnect(from, correction.Other!);
            draft.Note($"{from} → {correction.Other}", $"{correction.Sentence} (detection says: {edge.Type.ToString().ToLowerInvariant()}, score {edge.Confidence.ToString("0.00", System.Globalization.CultureInfo.InvariantCulture)})");
        }
        return null;
    }
}
