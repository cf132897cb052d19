using Kyozo.Data.Topology;
using Kyozo.Engine.Folders;
using Kyozo.Engine.Topology.Backing;
using Kyozo.Engine.Topology.Code;
using Kyozo.Engine.Topology.Compose;
using Kyozo.Engine.Topology.Detectors;
using Kyozo.Engine.Topology.Manifest;

namespace Kyozo.Engine.Topology;

/// <summary>Turns a snapshot of a folder into services, edges and scores. Pure: no file, no clock, no process; the same snapshot gives the same topology.</summary>
public static class TopologyAnalyzer
{
    const double Ignored = 0.3;
    const int WorthThreads = 2_000;

    /// <summary>What the folder holds. Never throws for what a folder may contain; what could not be understood is listed as skipped.</summary>
    public static FolderTopology Analyze(FolderSnapshot snapshot)
    {
        var index = new FolderIndex(snapshot);
        var candidates = Candidates.Find(index);
        SharedFolders.Apply(index, candidates);
        Dockerfiles.Attach(index, candidates);
        var stack = ComposeStack.Apply(index, candidates);
        var stated = stack.Services.Count > 0 ? [] : Orchestration.Apply(index, candidates);
        var isWhole = stated.Count > 0;
        if (stack.Services.Count == 0 && !candidates.Exists(candidate => candidate.IsStated)) stated = Kubernetes.Apply(index, candidates, out isWhole);
        if (candidates.Count == 0 && index.Folders.Count > 0 && LastResort.Of(new Folder(index, ".")) is { } last) candidates.Add(last);
        PlatformFiles.Apply(candidates);
        Processes.Apply(candidates);
        Purpose.Apply(candidates);
        Promote(candidates);
        candidates.RemoveAll(candidate => candidate.IsLibrary || Belief.Of(candidate.Evidence) < Ignored);

        var services = Named(index, candidates, stack);
        foreach (var service in services.Where(service => !service.IsReady)) ServiceFinish.Complete(service);
        var needs = BackingServices.Add(services, stack.BuildsPrograms || isWhole);
        var dependencies = new Edges(services).Find(stated, needs);

        return ManifestTopology.Apply(snapshot, new()
        {
            Folder = snapshot.Root,
            Strategy = StrategyAdvice.Of(services),
            Notes = StrategyAdvice.Notes(services, dependencies),
            Services = [.. services.Select(service => ServiceFinish.Describe(service, dependencies)).OrderBy(service => service.Path is null).ThenBy(service => service.Path, StringComparer.Ordinal).ThenBy(service => service.Name, StringComparer.Ordinal)],
            Dependencies = dependencies,
            Skipped = [.. snapshot.Skipped.Concat(index.Unreadable).OrderBy(one => one.Path, StringComparer.Ordinal).ThenBy(one => one.Reason, StringComparer.Ordinal)],
        });
    }

    /// <summary>Nothing that runs, but a manifest: shown with a low score, so that a person can say what it is.</summary>
    static void Promote(List<Candidate> candidates)
    {
        if (candidates.Count == 0 || candidates.Exists(candidate => !candidate.IsLibrary)) return;
        var least = candidates.Where(candidate => candidate.Evidence.Count > 0).OrderBy(candidate => candidate.Folder.Depth).ThenByDescending(candidate => candidate.Rank).FirstOrDefault();
        if (least is null) return;
        least.IsLibrary = false;
        least.Because(least.Evidence[0].File, null, least.NotDeployed ?? "nothing says how it is started", Belief.NoStart);
    }

    static List<Service> Named(FolderIndex index, List<Candidate> candidates, ComposeStack stack)
    {
        var taken = new HashSet<string>(StringComparer.Ordinal);
        var byCandidate = stack.Services.ToDictionary(pair => pair.Value, pair => pair.Key);
        var services = new List<Service>();
        var texts = new List<IEnumerable<SnapshotFile>>();
        // Stated names come first, then the shallower folder keeps the plain name.
        foreach (var candidate in candidates.OrderBy(one => !one.IsStated).ThenBy(one => one.Folder.Depth).ThenBy(one => one.Folder.Path, StringComparer.Ordinal).ThenBy(one => one.IsSecondProcess).ThenBy(one => one.Name, StringComparer.Ordinal))
        {
            var folder = candidate.Folder.Name is "src" or "app" && candidate.Folder.Depth > 1 ? Paths.Last(Paths.Parent(candidate.Folder.Path)) : candidate.Folder.Name;
            var name = Slug.Unique(candidate.Name ?? folder, taken);
            var inner = candidates.Where(other => other != candidate && !other.IsSecondProcess && other.Folder.Path != candidate.Folder.Path && Paths.IsIn(other.Folder.Path, candidate.Folder.Path)).Select(other => other.Folder.Path).ToList();
            var files = candidate.Image is not null || candidate.Type.IsBacking() && candidate.Dockerfile is null ? [] : candidate.Folder.Below.Where(file => !inner.Exists(path => Paths.IsIn(file.Folder, path))).Concat(Referenced(index, candidate, candidates)).DistinctBy(file => file.Path);
            texts.Add(files);
            var service = new Service(name, candidate, new()) { Compose = byCandidate.GetValueOrDefault(candidate) };
            service.Keys.Add(Slug.Key(name));
            if (candidate.Name is not null) service.Keys.Add(Slug.Key(candidate.Name));
            if (!candidate.IsSecondProcess && candidate.Folder.Depth > 0 && candidate.Image is null) service.Keys.Add(Slug.Key(folder));
            if (folder.LastIndexOf('.') is > 0 and var dot) service.Keys.Add(Slug.Key(folder[(dot + 1)..]));
            services.Add(service);
        }
        ReadCode(index, services, texts);
        foreach (var service in services) service.Keys.UnionWith(service.Facts.Names.Select(Slug.Key));
        return services;
    }

    /// <summary>What the text of each says; on all processors where there is much of it.</summary>
    static void ReadCode(FolderIndex index, List<Service> services, List<IEnumerable<SnapshotFile>> texts)
    {
        void ReadOne(int i) => CodeReader.Read(services[i].Facts, texts[i], services[i].Candidate.Folder.Path);

        if (index.Snapshot.Files.Count >= WorthThreads) Parallel.For(0, services.Count, ReadOne);
        else for (var i = 0; i < services.Count; i++) ReadOne(i);
    }

    /// <summary>Text of the libraries it is built from, without the other programs that lie there.</summary>
    static IEnumerable<SnapshotFile> Referenced(FolderIndex index, Candidate candidate, List<Candidate> candidates)
    {
        if (candidate.References.Count == 0) return [];
        var others = candidates.Where(other => other.Folder.Path != candidate.Folder.Path && !candidate.References.Contains(other.Folder.Path)).Select(other => other.Folder.Path).ToList();
        return candidate.References.SelectMany(index.Below).Where(file => !others.Exists(path => path != "." && Paths.IsIn(file.Folder, path)));
    }
}
