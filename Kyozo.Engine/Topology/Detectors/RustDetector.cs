using Kyozo.Data.Topology;
using Kyozo.Engine.Topology.Reading;

namespace Kyozo.Engine.Topology.Detectors;

/// <summary>Rust programs: a package with a binary; a workspace's members are looked at by themselves.</summary>
sealed class RustDetector : IServiceDetector
{
    static readonly (string Name, string Crate, int Port)[] Frameworks = [("rocket", "rocket", 8000), ("actix", "actix-web", 8080), ("axum", "axum", 3000), ("warp", "warp", 3030), ("poem", "poem", 3000), ("salvo", "salvo", 5800), ("tide", "tide", 8080), ("leptos", "leptos", 3000)];

    public IEnumerable<Candidate> Detect(Folder folder)
    {
        if (folder.Index.Toml(folder.File("Cargo.toml")) is not { } cargo || folder.File("Cargo.toml") is not { } manifest) return [];
        if (!cargo.HasTable("package") && folder.Depth > 0) return [];
        var binary = folder.First("src/main.rs", "main.rs") ?? folder.Below.FirstOrDefault(file => file.Path.StartsWith(Paths.Join(folder.Path, "src/bin/"), StringComparison.Ordinal));
        var name = cargo.Find("package", "default-run")?.Text ?? cargo.Find("bin", "name")?.Text ?? cargo.Find("package", "name")?.Text;
        var members = cargo.Find("workspace", "members") is not null;
        var service = new Candidate(folder, ServiceType.Rust, Rank.Rust)
        {
            PackageManager = "cargo",
            BuildCommand = "cargo build --release",
            StartCommand = name is null ? null : $"./target/release/{name}",
            IsLibrary = binary is null && !cargo.HasTable("bin"),
        };
        service.Because(manifest, null, "Cargo.toml", Belief.Manifest);
        if (!service.IsLibrary) service.Because(binary ?? manifest, binary?.LineOf("fn main("), "a binary", Belief.StartCommand);
        var shared = OfWorkspace(folder);
        foreach (var entry in cargo.Entries)
        {
            if (entry.Table is "dependencies" && entry.Key.Length > 0)
            {
                var crate = entry.Key.Split('.')[0];
                service.Libraries.Add(new("cargo", crate, manifest.Path, entry.Line));
                // What the workspace states for a crate (its features too) counts for each member that takes it over.
                if ((entry.Key.EndsWith(".workspace", StringComparison.Ordinal) || entry.Value.Contains("workspace", StringComparison.Ordinal)) && shared?.Find("workspace.dependencies", crate) is { } stated)
                    service.Libraries.AddRange(stated.Strings.Select(feature => new Library("cargo", $"{crate}:{feature}", manifest.Path, entry.Line)));
                foreach (var feature in entry.Strings) service.Libraries.Add(new("cargo", $"{crate}:{feature}", manifest.Path, entry.Line));
            }
            else if (entry.Table.StartsWith("dependencies.", StringComparison.Ordinal))
            {
                var crate = entry.Table[13..];
                if (entry.Key.Length == 0) service.Libraries.Add(new("cargo", crate, manifest.Path, entry.Line));
                else if (entry.Key == "features") service.Libraries.AddRange(entry.Strings.Select(feature => new Library("cargo", $"{crate}:{feature}", manifest.Path, entry.Line)));
            }
        }
        var framework = Array.Find(Frameworks, one => service.Uses(one.Crate));
        if (framework.Name is not null)
        {
            (service.Framework, service.DefaultPort, service.Listens) = (framework.Name, framework.Port, true);
            service.Because(manifest, manifest.LineOf(framework.Crate), $"framework {framework.Name}", Belief.Framework);
        }
        var chain = folder.First("rust-toolchain.toml", "rust-toolchain");
        service.Version = folder.Index.Toml(chain)?.Find("toolchain", "channel")?.Text ?? (chain?.Name == "rust-toolchain" ? chain.FirstWord() : null) ?? cargo.Find("package", "rust-version")?.Text ?? ToolVersions.Of(folder, "rust");
        if (members && service.IsLibrary && folder.Index.Folders.Any(one => one.Depth > folder.Depth && Paths.IsIn(one.Path, folder.Path) && one.Has("src/main.rs"))) return [];
        return [service];
    }

    /// <summary>The manifest of the workspace that a package belongs to.</summary>
    static TomlText? OfWorkspace(Folder folder)
    {
        for (var at = folder.Path; at != ".";)
        {
            at = Paths.Parent(at);
            if (folder.Index.Toml(folder.Index.File(Paths.Join(at, "Cargo.toml"))) is { } above && above.HasTable("workspace")) return above;
        }
        return null;
    }
}
