using Kyozo.Data.Topology;
using Kyozo.Engine.Folders;
using Kyozo.Engine.Topology.Backing;
using Kyozo.Engine.Topology.Reading;

namespace Kyozo.Engine.Topology;

/// <summary>
/// Programs that nobody deploys: what runs on a person's own device (telephone, desktop, editor), and what a person starts by hand to do
/// one thing (a command line beside the services, the migration of their database). Neither is a service, unless an orchestration file or
/// a Dockerfile makes it one, or nothing else is there.
/// </summary>
static class Purpose
{
    static readonly string[] Shells = ["electron", "electron-builder", "@electron-forge/cli", "electron-vite", "@tauri-apps/cli", "@tauri-apps/api", "nw", "@neutralinojs/neu", "@neutralinojs/lib", "@nativescript/core", "plasmo", "wxt", "@types/vscode", "@raycast/api"];

    static readonly string[] Windows = ["tauri", "eframe", "iced", "bevy", "slint", "gtk4", "gtk", "relm4", "druid", "ratatui", "macroquad", "ggez", "winit", "dioxus-desktop"];

    static readonly string[] Parsers =
    [
        "clap", "structopt", "argh", "bpaf", "pico-args", "github.com/spf13/cobra", "github.com/urfave/cli", "github.com/alecthomas/kong", "System.CommandLine", "Spectre.Console.Cli", "Spectre.Console", "CommandLineParser", "Cocona",
        "McMaster.Extensions.CommandLineUtils", "commander", "yargs", "@oclif/core", "cac", "meow", "inquirer", "@inquirer/prompts", "@clack/prompts", "typer", "click", "fire", "docopt", "picocli", "clikt", "thor", "optimus", "symfony/console",
    ];

    static readonly HashSet<string> Once = new(StringComparer.Ordinal)
        { "migrate", "migration", "migrations", "migrator", "dbmigrator", "dbmigrate", "dbup", "seed", "seeds", "seeder", "seeding", "dbseeder", "codegen", "xtask", "cli", "bench", "benchmark", "benchmarks", "loadtest", "loadtests" };

    /// <summary>Makes libraries of them. Runs after orchestration files have said what they run.</summary>
    public static void Apply(List<Candidate> candidates)
    {
        foreach (var candidate in candidates.Where(IsFree))
        {
            if (IsInfrastructure(candidate)) (candidate.IsLibrary, candidate.NotDeployed) = (true, "it sets up infrastructure");
            else if (OnDevice(candidate) is { } what) (candidate.IsLibrary, candidate.NotDeployed) = (true, what);
        }
        var tools = candidates.Where(candidate => IsFree(candidate) && IsTool(candidate)).ToList();
        if (tools.Count == 0 || !candidates.Exists(other => !other.IsLibrary && !tools.Contains(other) && (other.IsStated || other.Listens == true || other.Framework is not null || NeedsBacking(other)))) return;
        foreach (var tool in tools) (tool.IsLibrary, tool.NotDeployed) = (true, "a tool that somebody starts by hand");
    }

    static bool IsFree(Candidate candidate) => !candidate.IsLibrary && !candidate.IsStated && !candidate.IsSecondProcess && candidate.Image is null && candidate.Dockerfile is null && !candidate.Type.IsBacking() && Dockerfiles.Of(candidate.Folder) is null;

    /// <summary>What kind of app it is, or null.</summary>
    static string? OnDevice(Candidate candidate)
    {
        var folder = candidate.Folder;
        switch (candidate.Rank)
        {
            case Rank.Node:
                if (Array.Exists(Shells, candidate.Uses)) return "an app for desktops or an extension";
                var web = candidate.OutputPath is not null && candidate.Uses("react-native-web");
                return candidate.Uses("react-native") && candidate.Framework is null or "expo" && !web ? "an app for telephones" : null;
            case Rank.Rust:
                return candidate.Framework is null && Array.Exists(Windows, candidate.Uses) ? "an app with windows of its own" : null;
            case Rank.Jvm:
                return folder.Files.Any(file => file.Name is "build.gradle" or "build.gradle.kts" && IsAndroid(folder, file)) ? "an app for telephones" : null;
            case Rank.OtherLanguage:
                return candidate.Framework == "flutter" && folder.Index.FoldersBelow(folder.Path).Any(one => Paths.Parent(one.Path) is var parent && (parent == folder.Path && one.Name is "android" or "ios" or "macos" or "linux" or "windows" || Paths.Last(parent) is "android" or "ios" or "macos")) ? "an app for telephones" : null;
            default:
                return null;
        }
    }

    /// <summary>Code that the CDK or Pulumi run to set up what others run in.</summary>
    static bool IsInfrastructure(Candidate candidate) =>
        candidate.Framework is null && candidate.OutputPath is null && candidate.Folder.First("cdk.json", "cdktf.json", "Pulumi.yaml", "Pulumi.yml") is not null;

    static bool IsAndroid(Folder folder, SnapshotFile build) =>
        build.Mentions("com.android.application") || build.Mentions("com.android.library") || build.Mentions("plugins.android.") || build.Mentions("compose.desktop") || build.Mentions("org.openjfx.javafxplugin") ||
        folder.Name == "app" && build.Mentions("android {") || folder.Has("AndroidManifest.xml") || folder.Has("src/main/AndroidManifest.xml");

    /// <summary>It opens no port, serves no framework, and either takes arguments from a person without speaking to anything, or is called after what it does once.</summary>
    static bool IsTool(Candidate candidate)
    {
        if (candidate.Framework is not null || candidate.OutputPath is not null || candidate.Listens == true) return false;
        var named = IsOnce(candidate.Name ?? candidate.Folder.Name);
        if (!named && (!Array.Exists(Parsers, candidate.Uses) || NeedsBacking(candidate))) return false;
        return candidate.Folder.Depth > 0 && !candidate.Folder.Below.Any(file => file.Listens());
    }

    /// <summary>A name for something that runs once: <c>migrate</c>, <c>Shop.DbMigrator</c>, <c>shopctl</c>.</summary>
    public static bool IsOnce(string name)
    {
        var last = name[(name.LastIndexOfAny(['.', '-', '_']) + 1)..].ToLowerInvariant();
        return Once.Contains(last) || last.Length > 3 && last.EndsWith("ctl", StringComparison.Ordinal);
    }

    static bool NeedsBacking(Candidate candidate) => candidate.Libraries.Exists(library => ClientLibraries.Of(library) is not null);
}
