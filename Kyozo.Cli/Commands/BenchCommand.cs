using System.CommandLine;
using System.Diagnostics;
using Kyozo.Engine.Host;

namespace Kyozo.Cli.Commands;

/// <summary><c>kyozo bench</c>: builds and runs the checkout's benches (bench/Kyozo.Bench), which are no part of the product.</summary>
static class BenchCommand
{
    public static Command Create()
    {
        var arguments = new Argument<string[]>("arguments")
        {
            Description = "What to measure and how: data [--rows 1M,10M] [--only NAME,...] [--write]. Ends with 1 when a goal is missed.",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var command = new Command("bench", "Measure Kyozo against what it replaces, as ratios in one run. --write puts the result into docs/benchmarks.md.")
        {
            arguments,
        };
        command.TreatUnmatchedTokensAsErrors = false;
        command.SetAction((parsed, cancellationToken) => RunAsync([.. parsed.Tokens.Select(token => token.Value).SkipWhile(token => token != "bench").Skip(1)], cancellationToken));
        return command;
    }

    static async Task<int> RunAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        var repository = Environment.GetEnvironmentVariable("KYOZO_REPOSITORY");
        if (repository is null || !File.Exists(Path.Combine(repository, "Kyozo.sln")))
        {
            Console.Error.WriteLine("kyozo bench runs in a checkout of Kyozo: use ./kyozo bench there.");
            return 2;
        }

        var build = await DotnetAsync(repository, ["build", "bench/Kyozo.Bench", "--configuration", "Release", "--verbosity", "quiet", "-nologo", "-clp:ErrorsOnly;NoSummary"], cancellationToken);
        if (build != 0) return build;
        return await DotnetAsync(repository, ["run", "--project", "bench/Kyozo.Bench", "--configuration", "Release", "--no-build", "--", .. arguments], cancellationToken);
    }

    static Task<int> DotnetAsync(string repository, IEnumerable<string> arguments, CancellationToken cancellationToken) =>
        HostProgram.RunAsync(new ProcessStartInfo("dotnet", arguments) { WorkingDirectory = repository }, Console.WriteLine, cancellationToken);
}
