namespace Kyozo.Engine.Folders;

/// <summary>What the scanner reads, told by names alone, and which folders it does not enter.</summary>
static class FileInterest
{
    /// <summary>How much a file says about services.</summary>
    internal enum Level
    {
        /// <summary>Only that it is there.</summary>
        Name,
        /// <summary>Program text: ports, variables, addresses.</summary>
        Source,
        /// <summary>Manifest or configuration.</summary>
        Manifest,
    }

    static readonly HashSet<string> ManifestNames = new(StringComparer.OrdinalIgnoreCase)
    {
        "package.json", "package.json5", "deno.json", "deno.jsonc", "bunfig.toml", "pnpm-workspace.yaml", "lerna.json", "nx.json", "tsconfig.base.json", "proxy.conf.json", "proxy.config.json", "local.settings.json", "nest-cli.json", "turbo.json", "angular.json", "project.json", "app.json", ".yarnrc.yml",
        "requirements.txt", "base.txt", "production.txt", "prod.txt", "pyproject.toml", "pipfile", "setup.py", "setup.cfg", "runtime.txt", "environment.yml", "environment.yaml",
        "global.json", "directory.build.props", "directory.packages.props", "packages.config", "launchsettings.json",
        "go.mod", "go.work", "pom.xml", "build.gradle", "build.gradle.kts", "settings.gradle", "settings.gradle.kts", "libs.versions.toml", "gradle.properties", "build.sbt", "build.properties", "plugins.sbt",
        "project.clj", "deps.edn", "build.clj", "composer.json", "gemfile", "gemfile.lock", "gems.rb", "config.ru", "rakefile", "cargo.toml", "rust-toolchain", "rust-toolchain.toml", "rocket.toml",
        "mix.exs", "gleam.toml", "package.yaml", "stack.yaml", "package.swift", "shard.yml", "build.zig", "pubspec.yaml", "cmakelists.txt", "meson.build", "makefile", "haunt.scm",
        "procfile", "procfile.dev", "staticfile", "caddyfile", "nginx.conf", "default.conf", "haproxy.cfg", "render.yaml", "heroku.yml", "dapr.yaml", "kyozo.yaml", "kyozo.yml", "fly.toml",
        ".crystal-version", ".zigversion", ".swiftversion", ".bun-version", ".deno-version", ".dvmrc", ".sdkmanrc", ".rust-version", ".erlang-version", ".terraform-version", "xmake.lua", "configure.ac", "conanfile.txt", "vcpkg.json", "build.sc", "build.mill", "build.xml", "server.xml", "app.conf", "uv.toml", "skaffold.yaml", "azure.yaml", "tye.yaml", "app.yaml", "railway.json", "railway.toml", "nixpacks.toml", "mkdocs.yml", "_config.yml", "hugo.toml", "hugo.yaml", "hugo.json", "config.toml", "config.yaml", "config.yml", "config.json", "book.toml",
        ".nvmrc", ".node-version", ".python-version", ".ruby-version", ".tool-versions", "mise.toml", ".mise.toml", ".go-version", ".java-version", "system.properties", ".php-version", ".elixir-version", ".swift-version",
        "schema.prisma", "database.yml", "cable.yml", "alembic.ini", "manage.py", "artisan", "configure", "symfony.lock",
    };

    static readonly HashSet<string> ManifestExtensions = new(StringComparer.OrdinalIgnoreCase)
    {
        ".csproj", ".fsproj", ".vbproj", ".sln", ".slnx", ".cabal", ".nimble", ".gemspec", ".conf", ".env",
    };

    static readonly HashSet<string> SourceExtensions = new(StringComparer.OrdinalIgnoreCase)
    {
        ".js", ".mjs", ".cjs", ".ts", ".mts", ".cts", ".jsx", ".tsx", ".vue", ".svelte", ".astro", ".py", ".cs", ".fs", ".vb", ".go", ".php", ".rb", ".java", ".kt", ".kts", ".scala", ".clj", ".rs",
        ".ex", ".exs", ".erl", ".gleam", ".hs", ".swift", ".cr", ".zig", ".dart", ".c", ".cc", ".cpp", ".h", ".hpp", ".cbl", ".cob", ".scm", ".sh", ".bash", ".properties", ".ru", ".groovy", ".nim", ".lua", ".pl",
    };

    static readonly HashSet<string> NeverEntered = new(StringComparer.OrdinalIgnoreCase)
    {
        ".git", ".hg", ".svn", "node_modules", "bower_components", "jspm_packages", "vendor", "__pycache__", ".venv", "venv", ".tox", ".mypy_cache", ".pytest_cache", ".ruff_cache", "site-packages",
        ".next", ".nuxt", ".output", ".svelte-kit", ".angular", ".parcel-cache", ".turbo", ".nx", ".yarn", ".pnpm-store", ".gradle", ".idea", ".vs", ".terraform", ".bundle", ".dart_tool", ".build", ".stack-work",
        "_build", ".elixir_ls", ".zig-cache", "zig-cache", "zig-out", ".cache", "Pods", "DerivedData", "coverage", ".nyc_output",
    };

    /// <summary>Folders that a build fills, told by the manifest beside them (<c>bin</c> of a Ruby program is its own).</summary>
    static readonly (string Folder, string[] Manifests)[] BuildOutput =
    [
        ("bin", [".csproj", ".fsproj", ".vbproj"]),
        ("obj", [".csproj", ".fsproj", ".vbproj"]),
        ("target", ["pom.xml", "Cargo.toml", "build.sbt", "project.clj"]),
        ("build", ["build.gradle", "build.gradle.kts", "package.json", "setup.py", "pubspec.yaml", "CMakeLists.txt", "gleam.toml"]),
        ("dist", ["package.json", "setup.py", "pyproject.toml", "package.yaml"]),
        ("out", ["package.json", "build.gradle", ".csproj"]),
        ("deps", ["mix.exs"]),
    ];

    public static Level Of(string name)
    {
        var extension = Path.GetExtension(name);
        if (ManifestNames.Contains(name) || ManifestExtensions.Contains(extension)) return Level.Manifest;
        if (name.StartsWith(".env", StringComparison.Ordinal) || name == ".flaskenv") return Level.Manifest;
        if (IsDockerfile(name) || IsRequirements(name)) return Level.Manifest;
        if (extension is ".yml" or ".yaml") return Level.Manifest;
        if (name.StartsWith("appsettings", StringComparison.OrdinalIgnoreCase) && extension == ".json") return Level.Manifest;
        if (name.StartsWith("ocelot", StringComparison.OrdinalIgnoreCase) && extension == ".json") return Level.Manifest;
        if (name.EndsWith(".conf.template", StringComparison.Ordinal) || name.EndsWith(".runtimeconfig.json", StringComparison.Ordinal)) return Level.Manifest;
        return SourceExtensions.Contains(extension) && !IsGenerated(name) ? Level.Source : Level.Name;
    }

    /// <summary>Why a folder is not entered, or null when it is.</summary>
    public static string? ReasonNotToEnter(string folder, List<FileName> siblings)
    {
        if (NeverEntered.Contains(folder)) return "folder of packages, caches or tools";
        foreach (var (output, manifests) in BuildOutput)
        {
            if (!folder.Equals(output, StringComparison.Ordinal)) continue;
            if (siblings.Exists(file => Array.Exists(manifests, manifest => manifest[0] == '.' ? file.Text.EndsWith(manifest, StringComparison.OrdinalIgnoreCase) : file.Text == manifest)))
                return "folder of build output";
        }
        return null;
    }

    /// <summary>Dockerfile, Dockerfile.web, web.Dockerfile, Containerfile.</summary>
    public static bool IsDockerfile(string name) =>
        // Asked of every file: most names are told by their ends.
        name.Length >= Shortest && (name[0] is 'D' or 'd' or 'C' || name[^1] is 'e' or 'E') && (
        name.StartsWith("Dockerfile", StringComparison.OrdinalIgnoreCase) || name.EndsWith(".Dockerfile", StringComparison.OrdinalIgnoreCase) ||
        name.EndsWith("_Dockerfile", StringComparison.Ordinal) || name.StartsWith("Containerfile", StringComparison.Ordinal));

    const int Shortest = 10;

    static bool IsRequirements(string name) =>
        name.StartsWith("requirements", StringComparison.OrdinalIgnoreCase) && (name.EndsWith(".txt", StringComparison.Ordinal) || name.EndsWith(".in", StringComparison.Ordinal));

    static bool IsGenerated(string name) =>
        name.Contains(".min.", StringComparison.Ordinal) || name.EndsWith(".d.ts", StringComparison.Ordinal) || name.Contains(".test.", StringComparison.Ordinal) ||
        name.Contains(".spec.", StringComparison.Ordinal) || name.EndsWith("_test.go", StringComparison.Ordinal) || name.EndsWith(".g.cs", StringComparison.Ordinal) ||
        name.EndsWith(".designer.cs", StringComparison.OrdinalIgnoreCase);
}
