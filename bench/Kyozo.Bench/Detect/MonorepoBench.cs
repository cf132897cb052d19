using System.Diagnostics;
using Kyozo.Bench.Frame;
using Kyozo.Engine.Folders;
using Kyozo.Engine.Topology;

namespace Kyozo.Bench.Detect;

/// <summary>Detection of a large monorepo against walking it and reading the same files with nothing else; then once more after one change.</summary>
sealed class MonorepoBench(int files) : IBench
{
    const int Rounds = 3;
    const long MemoryGoal = 300L << 20;

    public string Name => "monorepo";

    public string What => $"Detection in a monorepo of {Figures.Count(files)} files, against listing it and reading the same manifests and sources one after the other.";

    public async Task<IReadOnlyList<Comparison>> RunAsync(Action<string> say, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("kyozo-bench-");
        try
        {
            var root = Path.Combine(folder.FullName, "monorepo");
            var caches = Path.Combine(folder.FullName, "cache");
            say($"{Monorepo.Write(root, files):N0} files written");

            var (first, bare, scan) = (TimeSpan.MaxValue, TimeSpan.MaxValue, TimeSpan.MaxValue);
            // Beside the clock the processors' time: on a machine that is busy with something else only that can be compared.
            var (firstWork, bareWork, againWork) = (TimeSpan.MaxValue, TimeSpan.MaxValue, TimeSpan.MaxValue);
            var read = new List<string>();
            for (var round = 0; round < Rounds; round++)
            {
                var before = Environment.CpuUsage.TotalTime;
                var (total, walked, texts) = await DetectAsync(root, null, cancellationToken);
                firstWork = Least(firstWork, Environment.CpuUsage.TotalTime - before);
                read = texts;
                if (total < first) (first, scan) = (total, walked);
                before = Environment.CpuUsage.TotalTime;
                var plain = Bare(root, texts);
                bareWork = Least(bareWork, Environment.CpuUsage.TotalTime - before);
                bare = Least(bare, plain);
                say($"detection {Figures.Time(total)} (walk and reading {Figures.Time(walked)}), bare {Figures.Time(plain)}, {texts.Count:N0} files read");
            }

            using var process = Process.GetCurrentProcess();
            var memory = process.PeakWorkingSet64;

            await DetectAsync(root, Cache(caches, root), cancellationToken);
            var again = TimeSpan.MaxValue;
            for (var round = 0; round < Rounds; round++)
            {
                File.AppendAllText(Path.Combine(root, read[read.Count / 2]), "\n");
                var before = Environment.CpuUsage.TotalTime;
                var (total, walked, _) = await DetectAsync(root, Cache(caches, root), cancellationToken);
                againWork = Least(againWork, Environment.CpuUsage.TotalTime - before);
                again = Least(again, total);
                say($"again after one change {Figures.Time(total)} (walk and reading {Figures.Time(walked)})");
            }

            return
            [
                new("detect", "bare walk and reading", Figures.Time(first), Figures.Time(bare), first / bare, Goal.AtMostTimes(1.5)),
                new("its walk and reading alone", "bare walk and reading", Figures.Time(scan), Figures.Time(bare), scan / bare, null),
                new("detect, processor time", "bare walk and reading", Figures.Time(firstWork), Figures.Time(bareWork), firstWork / bareWork, null),
                new("detect after one change", "the first time", Figures.Time(again), Figures.Time(first), again / first, Goal.AtMostTimes(0.05)),
                new("after one change, processor time", "the first time", Figures.Time(againWork), Figures.Time(firstWork), againWork / firstWork, null),
                new("peak memory", "300 MiB", Figures.Size(memory), Figures.Size(MemoryGoal), (double)memory / MemoryGoal, Goal.AtMostTimes(1)),
            ];
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    static TimeSpan Least(TimeSpan one, TimeSpan other) => one < other ? one : other;

    // As if the files had been written long before: what is young is never remembered.
    static ScanCache Cache(string folder, string root) => ScanCache.Open(folder, root, TimeProvider.System.GetUtcNow() + TimeSpan.FromMinutes(1));

    static async Task<(TimeSpan Total, TimeSpan Scan, List<string> Texts)> DetectAsync(string root, ScanCache? cache, CancellationToken cancellationToken)
    {
        GC.Collect();
        var watch = Stopwatch.StartNew();
        var snapshot = await FolderScanner.ScanAsync(root, ScanOptions.Default with { Cache = cache }, cancellationToken);
        var scan = watch.Elapsed;
        TopologyAnalyzer.Analyze(snapshot);
        return (watch.Elapsed, scan, [.. snapshot.Files.Where(file => file.Text is not null).Select(file => file.Path)]);
    }

    static TimeSpan Bare(string root, List<string> texts)
    {
        GC.Collect();
        var watch = Stopwatch.StartNew();
        var count = Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories).Count();
        var length = texts.Sum(path => (long)File.ReadAllText(Path.Combine(root, path)).Length);
        return count > 0 && length > 0 ? watch.Elapsed : throw new InvalidOperationException("Nothing was read.");
    }
}
