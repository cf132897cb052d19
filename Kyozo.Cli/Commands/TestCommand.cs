using System.CommandLine;
using System.Diagnostics;
using Kyozo.Cli.Setup;
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
        var longer = new Option<bool>("--long") { Description = "Cases that have a long form run in it: more rows, more repetitions." };
        var command = new Command("test", "Run every test: real PostgreSQL, real container engine, real browser.") { longer };
        command.SetAction((parsed, cancellationToken) =>
        {
            // Read by the tests themselves, which are processes of their own.
            if (parsed.GetValue(longer)) Environment.SetEnvironmentVariable("KYOZO_TEST_LONG", "1");
            return RunAsync(cancellationToken);
        });
        return command;
    }

    static async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        var repository = Environment.GetEnvironmentVariable("KYOZO_REPOSITORY");
        if (repository is null || !File.Exists(Path.Combine(repository, "Kyozo.sln")))
        {
            Console.Error.WriteLine("kyozo test runs in a checkout of Kyozo: use ./kyozo test there.");
            return 2;
        }

        await EnsurePartsAsync(cancellationToken);
        var build = await DotnetAsync(repository, ["build", "Kyozo.sln", "--configuration", "Release", "--verbosity", "quiet", "-nologo"], Console.WriteLine, cancellationToken);
        if (build != 0) return build;

        var modules = Directory.EnumerateDirectories(Path.Combine(repository, "tests"), "*.Tests")
            .Select(folder => Path.Combine(folder, "bin", "Release", "net10.0", Path.GetFileName(folder) + ".dll"))
            .Where(File.Exists)
            .Select(module => Path.GetRelativePath(repository, module))
            .Order(StringComparer.Ordinal)
            .ToLookup(module => Path.GetFileNameWithoutExtension(module) == Last);

        var tally = new TestTally();
        var exit = await RunModulesAsync(repository, modules[false], tally, cancellationToken);
        var lastExit = await RunModulesAsync(repository, modules[true], tally, cancellationToken);

        // What failed stands far above, between the logs of the others: told once more where everybody looks.
        foreach (var line in tally.Failures) Console.WriteLine(line);
        Console.WriteLine($"{tally.Passed} passed, {tally.Failed} failed, {tally.Skipped} skipped");
        return exit != 0 ? exit : lastExit;
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

    static Task<int> RunModulesAsync(string repository, IEnumerable<string> modules, TestTally tally, CancellationToken cancellationToken) =>
        DotnetAsync(repository, ["test", "--test-modules", string.Join(';', modules)], line =>
        {
            Console.WriteLine(line);
            tally.Read(line);
        }, cancellationToken);

    static Task<int> DotnetAsync(string repository, IEnumerable<string> arguments, Action<string> line, CancellationToken cancellationToken) =>
        HostProgram.RunAsync(new ProcessStartInfo("dotnet", arguments) { WorkingDirectory = repository }, line, cancellationToken);
}
