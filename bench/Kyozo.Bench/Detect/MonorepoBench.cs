using System.Diagnostics;
using Kyozo.Bench.Frame;
using Kyozo.Data.Topology;
using Kyozo.Engine.Folders;
using Kyozo.Engine.Topology;

namespace Kyozo.Bench.Detect;

/// <summary>Detection of a large monorepo against walking it and reading the same files with nothing else; then once more after one change.</summary>
sealed class MonorepoBench(int files) : IBench
{
    // The first rounds are compiled on the way, ours and the other alike: the quickest of several counts.
    const int Rounds = 8;
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

            var (first, bare, scan, spread) = (TimeSpan.MaxValue, TimeSpan.MaxValue, TimeSpan.MaxValue, TimeSpan.MaxValue);
            // Beside the clock the processors' time: on a machine that is busy with something else only that can be compared.
            var (firstWork, bareWork) = (TimeSpan.MaxValue, TimeSpan.MaxValue);
            var read = new List<string>();
            for (var round = 0; round < Rounds; round++)
            {
                var before = Environment.CpuUsage.TotalTime;
                var (total, walked, texts) = await DetectAsync(root, cancellationToken);
                firstWork = Least(firstWork, Environment.CpuUsage.TotalTime - before);
                read = texts;
                if (total < first) (first, scan) = (total, walked);
                before = Environment.CpuUsage.TotalTime;
                var plain = Bare(root, texts);
                bareWork = Least(bareWork, Environment.CpuUsage.TotalTime - before);
                bare = Least(bare, plain);
                spread = Least(spread, BareOnAll(root, texts));
                say($"detection {Figures.Time(total)} (walk and reading {Figures.Time(walked)}), bare {Figures.Time(plain)}, {texts.Count:N0} files read");
            }

            using var process = Process.GetCurrentProcess();
            var memory = process.PeakWorkingSet64;

            await AgainAsync(root, caches, cancellationToken);
            // A line more at the end of a source file, as most edits are to detection: the text is another, what it says of services is not.
            var sources = read.FindAll(path => path.Contains("/src/", StringComparison.Ordinal));
            var source = Path.Combine(root, sources[sources.Count / 2]);
            var (again, againWork) = await ChangedAsync(() => File.AppendAllText(source, "\n"), "a source file");
            // And one that changes the answer: all is analysed again, of texts that are known.
            var number = 0;
            var (other, otherWork) = await ChangedAsync(() => File.AppendAllText(source, $"const other{++number} = process.env.OTHER_{number};\n"), "a variable");

            async Task<(TimeSpan Time, TimeSpan Work)> ChangedAsync(Action change, string what)
            {
                var (time, work) = (TimeSpan.MaxValue, TimeSpan.MaxValue);
                for (var round = 0; round < Rounds; round++)
                {
                    change();
                    GC.Collect();
                    var before = Environment.CpuUsage.TotalTime;
                    var watch = Stopwatch.StartNew();
                    await AgainAsync(root, caches, cancellationToken);
                    (time, work) = (Least(time, watch.Elapsed), Least(work, Environment.CpuUsage.TotalTime - before));
                    say($"again after {what} {Figures.Time(watch.Elapsed)}");
                }
                return (time, work);
            }

            return
            [
                new("detect", "bare walk and reading", Figures.Time(first), Figures.Time(bare), first / bare, Goal.AtMostTimes(1.5)),
                new("detect", "the same on all processors", Figures.Time(first), Figures.Time(spread), first / spread, null),
                new("its walk and reading alone", "bare walk and reading", Figures.Time(scan), Figures.Time(bare), scan / bare, null),
                new("detect, processor time", "bare walk and reading", Figures.Time(firstWork), Figures.Time(bareWork), firstWork / bareWork, null),
                new("detect after one change", "the first time", Figures.Time(again), Figures.Time(first), again / first, Goal.AtMostTimes(0.05)),
                new("after one change, processor time", "the first time", Figures.Time(againWork), Figures.Time(firstWork), againWork / firstWork, null),
                new("detect after a change of what a file says", "the first time", Figures.Time(other), Figures.Time(first), other / first, null),
                new("after such a change, processor time", "the first time", Figures.Time(otherWork), Figures.Time(firstWork), otherWork / firstWork, null),
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

    static Task<FolderTopology> AgainAsync(string root, string caches, CancellationToken cancellationToken) =>
        FolderDetection.DetectAsync(root, ScanOptions.Default with { Cache = Cache(caches, root) }, cancellationToken);

    static async Task<(TimeSpan Total, TimeSpan Scan, List<string> Texts)> DetectAsync(string root, CancellationToken cancellationToken)
    {
        GC.Collect();
        var watch = Stopwatch.StartNew();
        var snapshot = await FolderScanner.ScanAsync(root, ScanOptions.Default, cancellationToken);
        var scan = watch.Elapsed;
        TopologyAnalyzer.Analyze(snapshot);
        return (watch.Elapsed, scan, [.. snapshot.Files.Where(file => file.Text is not null).Select(file => file.Path)]);
    }

    /// <summary>The bare program as somebody writes it who has two processors: each thread takes one of the folders below the root's, then its share of the files.</summary>
    static TimeSpan BareOnAll(string root, List<string> texts)
    {
        GC.Collect();
        var watch = Stopwatch.StartNew();
        var (count, length) = (0L, 0L);
        var folders = Directory.GetDirectories(root).SelectMany(Directory.GetDirectories).ToArray();
        Parallel.ForEach(folders, folder => Interlocked.Add(ref count, Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Count()));
        Parallel.ForEach(texts, path => Interlocked.Add(ref length, File.ReadAllText(Path.Combine(root, path)).Length));
        return count > 0 && length > 0 ? watch.Elapsed : throw new InvalidOperationException("Nothing was read.");
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
