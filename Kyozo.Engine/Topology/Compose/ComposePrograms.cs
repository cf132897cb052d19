using Kyozo.Data.Topology;
using Kyozo.Engine.Folders;

namespace Kyozo.Engine.Topology.Compose;

/// <summary>Finds the program that a compose service runs where its folder is not simply what is built: a build of the whole that makes one of several programs, or the image of a language with the program's folder mounted into it.</summary>
static class ComposePrograms
{
    /// <summary>Of several programs below a build context the one that the Dockerfile names with its folder, or that is called like the service or the Dockerfile.</summary>
    public static Candidate? Built(ComposeService service, SnapshotFile dockerfile, List<Candidate> candidates)
    {
        var context = service.Context!;
        var elsewhere = dockerfile.Folder != context || dockerfile.Name != "Dockerfile";
        if (elsewhere && candidates.Exists(one => one.Folder.Path == dockerfile.Folder && one.Folder.Path != context && !one.IsLibrary && one.Image is null)) return null;
        var below = candidates.Where(one => !one.IsSecondProcess && one.Image is null && !one.Type.IsBacking() && one.Type != ServiceType.Dockerfile && one.Folder.Path != context && Paths.IsIn(one.Folder.Path, context)).ToList();
        if (below.Count == 0 || candidates.Exists(one => one.Folder.Path == context && !one.IsLibrary && one.Rank > Rank.ScriptWithoutManifest)) return null;
        var keys = new[] { Slug.Key(service.Name), Slug.Key(StemOf(dockerfile.Name)) };
        var called = below.Where(one => keys.Contains(Slug.Key(one.Folder.Name))).ToList();
        if (called.Count == 1) return called[0];
        if (!elsewhere) return null;
        var text = dockerfile.Text ?? "";
        // The folder that is named most deeply: who names apps/api names apps too.
        var named = (called.Count > 1 ? called : below.Where(one => !one.IsLibrary)).Where(one => NamesFolder(text, Paths.Inside(context, one.Folder.Path))).ToList();
        return named.Count == 1 ? named[0] : null;
    }

    /// <summary>The program of the image's language that the service mounts: nothing is built, the image runs what lies here.</summary>
    public static Candidate? Mounted(ComposeService service, List<Candidate> candidates)
    {
        if (service.Image is not { } image || Dockerfiles.LanguageOf(image) is not { } language) return null;
        return Of(service.Mounts) ?? (service.Mounts is [var only] ? Of(candidates.Select(one => one.Folder.Path).Where(path => path != only && Paths.IsIn(path, only)).ToList()) : null);

        Candidate? Of(List<string> places) =>
            candidates.Where(one => (places.Contains(one.Folder.Path) || one.Evidence.Exists(evidence => places.Exists(place => Paths.IsIn(place, one.Folder.Path) && Paths.IsIn(Paths.Parent(evidence.File), place)))) && !one.IsLibrary && !one.IsSecondProcess && Dockerfiles.Related(language, one.Type)).DistinctBy(one => one.Folder.Path).Take(2).ToList() is [var program] ? program : null;
    }

    /// <summary>Scripts and pages without a manifest that ready images mount are what those containers work on (init scripts, flows, pages), no programs by themselves.</summary>
    public static void RemoveContents(IEnumerable<ComposeService> services, List<Candidate> candidates)
    {
        foreach (var mount in services.Where(service => service.Context is null).SelectMany(service => service.Mounts).Where(path => path != ".").Distinct(StringComparer.Ordinal).ToList())
            candidates.RemoveAll(one => !one.IsStated && one.Rank <= Rank.ScriptWithoutManifest && Paths.IsIn(one.Folder.Path, mount));
    }

    /// <summary><c>api</c> of api.Dockerfile and of Dockerfile.api.</summary>
    static string StemOf(string name) =>
        name.Split('.').FirstOrDefault(part => !part.Equals("Dockerfile", StringComparison.OrdinalIgnoreCase) && part is not ("dev" or "prod" or "production" or "development")) ?? "";

    static bool NamesFolder(string text, string path)
    {
        for (var at = text.IndexOf(path, StringComparison.Ordinal); at >= 0; at = text.IndexOf(path, at + 1, StringComparison.Ordinal))
        {
            var before = at == 0 || text[at - 1] is ' ' or '/' or '"' or '\'' or '=' or ':' or '\t' or '\n';
            var end = at + path.Length;
            if (before && (end == text.Length || text[end] is ' ' or '/' or '"' or '\'' or '\n' or '\r' or ',' or ';' or '&')) return true;
        }
        return false;
    }
}
