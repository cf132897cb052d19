using Kyozo.Data.Topology;
using Kyozo.Engine.Folders;
using Kyozo.Engine.Topology.Reading;

namespace Kyozo.Engine.Topology.Detectors;

/// <summary>Sites that are only files, and the generators that make them.</summary>
sealed class StaticDetector : IServiceDetector
{
    static readonly string[] HugoFiles =
        [.. from place in (string[])["", "config/_default/", "config/production/", "config/"] from name in (string[])["hugo", "config"] from extension in (string[])[".toml", ".yaml", ".yml", ".json"] select place + name + extension];

    /// <summary>Settings that Hugo reads and hardly anything else has.</summary>
    static readonly string[] HugoKeys = ["baseURL", "baseurl", "baseUrl", "languageCode", "contentDir", "publishDir", "defaultContentLanguage", "theme"];

    static readonly string[] HugoFolders = ["content", "layouts", "archetypes", "themes"];

    static readonly (string Folder, string Index)[] Outputs = [.. from folder in (string[])["public", "dist", "site", "www", "html", "build"] select (folder, $"{folder}/index.html")];

    public IEnumerable<Candidate> Detect(Folder folder)
    {
        if (Generator(folder) is { } generated) return [generated];
        if (folder.File("Staticfile") is { } staticfile)
            return [Site(folder, Rank.ScriptWithoutManifest, staticfile, "Staticfile", Belief.WebProject, folder.Index.Yaml(staticfile)?["root"]?.Scalar ?? (folder.Has("public/index.html") ? "public" : null))];
        var page = folder.First("index.html", "index.htm");
        if (page is not null) return IsPartOfProgram(folder) ? [] : [Site(folder, Rank.StaticPages, page, "index.html", Belief.IndexPage, null)];
        foreach (var (output, index) in Outputs)
        {
            if (folder.File(index) is { } inner) return [Site(folder, Rank.StaticPages, inner, $"{output}/index.html", Belief.IndexPage, output)];
        }
        return [];
    }

    static Candidate? Generator(Folder folder)
    {
        // The environments below config/ are the site's above.
        if (folder.Name is "_default" or "config" || Paths.Last(Paths.Parent(folder.Path)) == "config") return null;
        foreach (var name in HugoFiles)
        {
            if (folder.File(name) is not { } hugo) continue;
            // Zola writes the address with an underscore.
            if (name == "config.toml" && hugo.Mentions("base_url") && !hugo.Mentions("baseURL") && !hugo.Mentions("baseurl")) continue;
            // A file named config.toml may be anybody's: Hugo's has its keys and stands beside its folders.
            if (!name.Contains("hugo", StringComparison.Ordinal) && !(HugoKeys.Any(key => hugo.Mentions(key)) && (folder.Has(".hugo_build.lock") || folder.Below.Any(file => HugoFolders.Any(inner => Paths.IsIn(file.Path, Paths.Join(folder.Path, inner))))))) continue;
            return Made(folder, hugo, "hugo", "hugo --minify", "public", "hugo");
        }
        if (folder.First("mkdocs.yml", "mkdocs.yaml") is { } mkdocs) return Made(folder, mkdocs, "mkdocs", "mkdocs build", "site", "pip");
        if (folder.File("_config.yml") is { } jekyll && (folder.File("Gemfile").Mentions("jekyll") || folder.File("Gemfile").Mentions("github-pages") || folder.Below.Any(file => Paths.IsIn(file.Path, Paths.Join(folder.Path, "_posts")) || Paths.IsIn(file.Path, Paths.Join(folder.Path, "_layouts"))))) return Made(folder, jekyll, "jekyll", "bundle exec jekyll build", "_site", "bundler");
        if (folder.File("pelicanconf.py") is { } pelican) return Made(folder, pelican, "pelican", "pelican content", "output", "pip");
        if (folder.File("conf.py") is { } sphinx && (folder.Has("index.rst") || folder.Has("index.md")) && sphinx.Mentions("html_theme")) return Made(folder, sphinx, "sphinx", "sphinx-build . _build", "_build", "pip");
        if (folder.File("antora-playbook.yml") is { } antora) return Made(folder, antora, "antora", "npx antora antora-playbook.yml", "build/site", "npm");
        if (folder.File("_quarto.yml") is { } quarto) return Made(folder, quarto, "quarto", "quarto render", "_site", null);
        if (folder.File("docfx.json") is { } docfx) return Made(folder, docfx, "docfx", "docfx docfx.json", "_site", "nuget");
        if (folder.File("book.toml") is { } book) return Made(folder, book, "mdbook", "mdbook build", "book", "cargo");
        if (folder.File("config.toml") is { } zola && zola.Mentions("base_url") && folder.Below.Any(file => Paths.IsIn(file.Path, Paths.Join(folder.Path, "content")))) return Made(folder, zola, "zola", "zola build", "public", null);
        return null;
    }

    static Candidate Made(Folder folder, SnapshotFile manifest, string generator, string build, string output, string? manager)
    {
        var site = Site(folder, Rank.StaticGenerator, manifest, $"configuration of {generator}", Belief.ProgramManifest, output);
        (site.Framework, site.BuildCommand, site.PackageManager) = (generator, build, manager);
        return site;
    }

    static Candidate Site(Folder folder, int rank, SnapshotFile file, string signal, double weight, string? output)
    {
        var site = new Candidate(folder, ServiceType.Static, rank) { Port = 80, Listens = true, OutputPath = output, HealthPath = "/" };
        site.Because(file, null, signal, weight);
        if (folder.Files.Any(one => one.Extension is ".css" or ".html" && one != file) || folder.Below.Any(one => one.Extension == ".css")) site.Because(file, null, "pages and styles beside it", Belief.Manifest);
        return site;
    }

    /// <summary>Pages below a program's folder are its templates or public files.</summary>
    static bool IsPartOfProgram(Folder folder)
    {
        if (folder.Depth == 0) return false;
        for (var at = folder.Path; at != ".";)
        {
            var name = Paths.Last(at);
            at = Paths.Parent(at);
            if (name is "public" or "static" or "templates" or "views" or "assets" or "wwwroot" or "resources" or "src" or "dist" or "build" or "app" or "priv" or "web" or "html" or "www" or "site" or "docs" && folder.Index.In(at).Count > 0) return true;
            if (folder.Index.In(at).Any(file => file.Name is "package.json" or "composer.json" or "Gemfile" or "requirements.txt" or "pyproject.toml" or "go.mod" or "pom.xml" or "Cargo.toml" or "mix.exs" or "index.html" or "angular.json" || file.Extension is ".csproj" or ".fsproj")) return true;
        }
        return false;
    }
}
