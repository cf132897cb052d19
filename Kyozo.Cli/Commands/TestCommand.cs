using System.CommandLine;
using System.Diagnostics;
using Kyozo.Cli.Setup;
using Kyozo.Cli.Testing;
using Kyozo.Data;
using Kyozo.Engine.Containers;
using Kyozo.Engine.Host;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Kyozo.Cli.Commands;

/// <summary><c>kyozo test</c>: every test of the checkout, on real parts; ends with the line <c>N passed, N failed, N skipped</c>.</summary>
static class TestCommand
{
    /// <summary>The whole system with a browser: alone, after the others, so that nothing else loads the machine.</summary>
    const string Last = "Kyozo.EndToEnd.Tests";

    public static Command Create()
    {
        var longer = new Option<bool>("--long") { Description = "Run the cases with the durations and repetitions of the list of attacks and faults, and write docs/test-report.md." };
        var cases = new Option<string[]>("--case") { Description = "Run only the tests of these cases of docs/safety-tests.md, comma-separated: F-04,F-05,T4." };
        var command = new Command("test", "Run every test: real PostgreSQL, real container engine, real browser.") { longer, cases };
        command.SetAction((parsed, cancellationToken) =>
        {
            // Read by the tests themselves, which are processes of their own.
            if (parsed.GetValue(longer)) Environment.SetEnvironmentVariable("KYOZO_TEST_LONG", "1");
            return RunAsync(parsed.GetValue(longer), (parsed.GetValue(cases) ?? []).SelectMany(names => names.Split(',')).ToHashSet(), cancellationToken);
        });
        return command;
    }

    static async Task<int> RunAsync(bool report, HashSet<string> wanted, CancellationToken cancellationToken)
    {
        var repository = Environment.GetEnvironmentVariable("KYOZO_REPOSITORY");
        if (repository is null || !File.Exists(Path.Combine(repository, "Kyozo.sln")))
        {
            Console.Error.WriteLine("kyozo test runs in a checkout of Kyozo: use ./kyozo test there.");
            return 2;
        }

        var cases = SafetyCase.Read(await File.ReadAllTextAsync(Path.Combine(repository, "docs", "safety-tests.md"), cancellationToken));
        if (wanted.FirstOrDefault(number => !cases.Any(one => one.IsOneOf(new HashSet<string> { number }))) is { } unknown)
        {
            Console.Error.WriteLine($"docs/safety-tests.md has no case {unknown}.");
            return 2;
        }

        var chosen = cases.Where(one => wanted.Count == 0 || one.IsOneOf(wanted)).ToList();
        await EnsurePartsAsync(cancellationToken);
        var build = await DotnetAsync(repository, ["build", "Kyozo.sln", "--configuration", "Release", "--verbosity", "quiet", "-nologo"], Console.WriteLine, cancellationToken);
        if (build != 0) return build;

        var modules = Directory.EnumerateDirectories(Path.Combine(repository, "tests"), "*.Tests")
            .Select(folder => Path.Combine(folder, "bin", "Release", "net10.0", Path.GetFileName(folder) + ".dll"))
            .Where(File.Exists)
            .Select(module => Path.GetRelativePath(repository, module))
            .Where(module => wanted.Count == 0 || chosen.Any(one => one.Tests.Any(test => IsOf(module, test))))
            .Order(StringComparer.Ordinal)
            .ToLookup(module => Path.GetFileNameWithoutExtension(module) == Last);

        var results = Directory.CreateTempSubdirectory("kyozo-test-");
        try
        {
            var started = DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime);
            var tally = new TestTally();
            var exit = 0;
            // With a filter each module for itself: one that is given another's classes runs none of them, which counts as an error.
            foreach (var group in wanted.Count == 0 ? [modules[false], modules[true]] : modules[false].Concat(modules[true]).Select(module => (IEnumerable<string>)[module]))
            {
                var filter = wanted.Count == 0 ? [] : chosen.SelectMany(one => one.Tests).Where(test => IsOf(group.First(), test)).SelectMany(test => new[] { test, test + ".*" }).Distinct();
                var ended = await RunModulesAsync(repository, group, [.. filter], results.FullName, tally, cancellationToken);
                if (exit == 0) exit = ended;
            }

            if (report) await ReportAsync(repository, cases, chosen, TestedCase.Read(results.FullName), started, cancellationToken);

            // What failed stands far above, between the logs of the others: told once more where everybody looks.
            foreach (var line in tally.Failures) Console.WriteLine(line);
            Console.WriteLine($"{tally.Passed} passed, {tally.Failed} failed, {tally.Skipped} skipped");
            return exit;
        }
        finally
        {
            results.Delete(recursive: true);
        }
    }

    static bool IsOf(string module, string test) => test == Path.GetFileNameWithoutExtension(module) || test.StartsWith(Path.GetFileNameWithoutExtension(module) + ".", StringComparison.Ordinal);

    static async Task ReportAsync(
        string repository, IReadOnlyList<SafetyCase> cases, IReadOnlyCollection<SafetyCase> ran, IReadOnlyList<TestedCase> results, DateOnly day, CancellationToken cancellationToken)
    {
        var page = Path.Combine(repository, "docs", "test-report.md");
        var report = new TestReport(await CommitAsync(repository, cancellationToken), Machine.Describe(), day);
        var before = File.Exists(page) ? await File.ReadAllTextAsync(page, cancellationToken) : "";
        await File.WriteAllTextAsync(page, report.Write(cases, ran, results, before), cancellationToken);
        Console.WriteLine("Written: docs/test-report.md");
    }

    static async Task<string> CommitAsync(string repository, CancellationToken cancellationToken)
    {
        if (HostProgram.Find("git") is null) return "unknown commit";
        var (commit, changed) = ("", false);
        await HostProgram.RunAsync(new ProcessStartInfo("git", ["rev-parse", "--short", "HEAD"]) { WorkingDirectory = repository }, line => commit = line, cancellationToken);
        await HostProgram.RunAsync(new ProcessStartInfo("git", ["status", "--porcelain", "--untracked-files=no"]) { WorkingDirectory = repository }, _ => changed = true, cancellationToken);
        return changed ? commit + " and changes" : commit;
    }

    /// <summary>What the tests run on: the real parts, installed when they are missing.</summary>
    static async Task EnsurePartsAsync(CancellationToken cancellationToken)
    {
        await using var services = new ServiceCollection().AddSingleton<IConfiguration>(new ConfigurationBuilder().AddEnvironmentVariables().Build())
            .AddLogging().AddContainers().BuildServiceProvider();
        var engine = new ContainerEngineSetup(services.GetRequiredService<IContainerRuntime>(), KyozoHome.FromEnvironment(), TimeProvider.System);
        await engine.EnsureAsync(Console.WriteLine, cancellationToken);
        await PostgresBinaries.EnsureAsync(version: null, Console.WriteLine, cancellationToken);
        if (HostProgram.Find("chromium") is null) await AptPackages.InstallAsync("The browser", ["chromium"], Console.WriteLine, cancellationToken);
        if (HostProgram.Find("debootstrap") is null) await AptPackages.InstallAsync("The maker of base images", ["debootstrap"], Console.WriteLine, cancellationToken);
    }

    static Task<int> RunModulesAsync(string repository, IEnumerable<string> modules, IReadOnlyList<string> classes, string results, TestTally tally, CancellationToken cancellationToken) =>
        DotnetAsync(repository, ["test", "--test-modules", string.Join(';', modules), "--report-trx", "--results-directory", results, .. classes.Count > 0 ? ["--filter-class", .. classes] : Array.Empty<string>()], line =>
        {
            Console.WriteLine(line);
            tally.Read(line);
        }, cancellationToken);

    static Task<int> DotnetAsync(string repository, IEnumerable<string> arguments, Action<string> line, CancellationToken cancellationToken) =>
        HostProgram.RunAsync(new ProcessStartInfo("dotnet", arguments) { WorkingDirectory = repository }, line, cancellationToken);
}
