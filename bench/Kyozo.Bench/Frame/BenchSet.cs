using System.CommandLine;

namespace Kyozo.Bench.Frame;

/// <summary>A subcommand that runs several benches and reports them together: <c>data</c>, <c>detect</c>.</summary>
static class BenchSet
{
    /// <param name="name">Name of the subcommand and of its sections in the report.</param>
    /// <param name="description">For <c>--help</c>.</param>
    /// <param name="options">Options of its own.</param>
    /// <param name="create">The benches, made from those options.</param>
    /// <param name="repeat">The command that repeats the run, options included, without <c>--only</c>.</param>
    public static Command Create(
        string name, string description, IReadOnlyList<Option> options, Func<ParseResult, IReadOnlyList<IBench>> create, Func<ParseResult, string> repeat)
    {
        var only = new Option<string[]>("--only") { Description = "Run only the benches of these names, comma-separated." };
        var write = new Option<bool>("--write") { Description = "Write the result into docs/benchmarks.md." };
        var command = new Command(name, description) { only, write };
        foreach (var option in options) command.Add(option);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var wanted = (parsed.GetValue(only) ?? []).SelectMany(names => names.Split(',')).ToHashSet();
            var benches = create(parsed);
            if (wanted.Except(benches.Select(bench => bench.Name)).FirstOrDefault() is { } unknown)
            {
                Console.Error.WriteLine($"There is no bench '{unknown}'. There are: {string.Join(", ", benches.Select(bench => bench.Name))}");
                return 2;
            }

            var report = new Report(name, repeat(parsed), TimeProvider.System);
            foreach (var bench in benches.Where(bench => wanted.Count == 0 || wanted.Contains(bench.Name)))
            {
                Console.WriteLine($"{bench.Name}: {bench.What}");
                report.Add(bench, await bench.RunAsync(line => Console.WriteLine($"  {line}"), cancellationToken));
            }

            report.Print();
            if (parsed.GetValue(write)) await report.WriteAsync(Path.Combine(Repository(), "docs", "benchmarks.md"), cancellationToken);
            return report.AllMet ? 0 : 1;
        });
        return command;
    }

    static string Repository() => Environment.GetEnvironmentVariable("KYOZO_REPOSITORY") ?? Directory.GetCurrentDirectory();
}
