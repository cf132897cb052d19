using Kyozo.Data.Topology;
using Kyozo.Engine.Folders;
using Kyozo.Engine.Tests.Folders;
using Kyozo.Engine.Topology;
using Kyozo.Engine.Topology.Answers;

namespace Kyozo.Engine.Tests.Topology;

/// <summary>The answer of the last time is given again exactly as long as an analysis would find the same.</summary>
public sealed class KnownAnswerTests : IDisposable
{
    readonly TemporaryFolder _temporary = new();

    public void Dispose() => _temporary.Dispose();

    static CancellationToken Stop => TestContext.Current.CancellationToken;

    // The clock is ahead of the files, as if they had been written long before.
    ScanCache Open(string folder, bool old) => ScanCache.Open(Path.Combine(_temporary.Path, "cache"), folder, TimeProvider.System.GetUtcNow() + (old ? TimeSpan.FromHours(1) : TimeSpan.Zero));

    async Task<string> WithCacheAsync(string folder, bool old = true) => TopologyJson.Print(await FolderDetection.DetectAsync(folder, ScanOptions.Default with { Cache = Open(folder, old) }, Stop));

    static async Task<string> WithoutAsync(string folder) => TopologyJson.Print(await FolderDetection.DetectAsync(folder, ScanOptions.Default, Stop));

    bool StillHolds(string folder) => Open(folder, old: true) is var cache && AnswerFile.Read(cache.AnswerPath, cache.Root, ScanOptions.Default)?.StillHolds(cache.Root, ScanOptions.Default, Stop) == true;

    string Copy(string sample)
    {
        var folder = _temporary.Make(sample);
        foreach (var file in Directory.EnumerateFiles(Path.Combine(Samples.Folder, sample), "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(folder, Path.GetRelativePath(Path.Combine(Samples.Folder, sample), file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
        return folder;
    }

    /// <summary>The disk's clock has ticks of some milliseconds, and two changes within one look alike to a cache that believes young stamps.</summary>
    void NextTick()
    {
        var marker = Path.Combine(_temporary.Path, "tick");
        File.WriteAllText(marker, "");
        var before = File.GetLastWriteTimeUtc(marker);
        while (File.GetLastWriteTimeUtc(marker) == before) File.WriteAllText(marker, "");
    }

    [Theory]
    [InlineData("polyglot-without-orchestration", 1, true)]
    [InlineData("polyglot-without-orchestration", 2, false)]
    [InlineData("monorepo-workspaces", 3, true)]
    [InlineData("compose-voting", 4, true)]
    [InlineData("dotnet-solution", 5, false)]
    public async Task After_any_change_the_answer_is_the_one_without_a_cache(string sample, int seed, bool old)
    {
        var folder = Copy(sample);
        var random = new Random(seed);
        var kept = 0;
        for (var step = 0; step < 40; step++)
        {
            await WithCacheAsync(folder, old);
            NextTick();
            var what = Change(folder, random, step);
            if (StillHolds(folder)) kept++;

            Assert.True(await WithoutAsync(folder) == await WithCacheAsync(folder, old), $"step {step}: {what}");
        }
        // With stamps that are all too young each file and folder counts as changed, which may be too many.
        Assert.InRange(kept, old ? 1 : 0, 39);
    }

    [Fact]
    public async Task An_edit_that_says_nothing_of_services_needs_no_analysis_and_one_that_does_gets_it()
    {
        var folder = Copy("polyglot-without-orchestration");
        await WithCacheAsync(folder);
        Assert.True(StillHolds(folder));

        var source = Directory.EnumerateFiles(folder, "*.go", SearchOption.AllDirectories).Order(StringComparer.Ordinal).First();
        NextTick();
        File.AppendAllText(source, "\n");
        Assert.True(StillHolds(folder));

        // As editors save: a new file in place of the old one.
        NextTick();
        File.WriteAllText(source + "~", File.ReadAllText(source) + "\n");
        File.Move(source + "~", source, overwrite: true);
        Assert.True(StillHolds(folder));

        NextTick();
        File.AppendAllText(source, "var other = os.Getenv(\"SOME_OTHER_VARIABLE\")\n");
        Assert.False(StillHolds(folder));
        Assert.Contains("SOME_OTHER_VARIABLE", await WithCacheAsync(folder), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_folder_is_called_as_it_was_asked_for()
    {
        var folder = Copy("compose-voting");
        await WithCacheAsync(folder);
        var otherwise = Path.Combine(folder, ".");

        Assert.True(StillHolds(folder));
        Assert.Equal(await WithoutAsync(otherwise), await WithCacheAsync(otherwise));
    }

    [Theory]
    [InlineData("truncated")]
    [InlineData("flipped")]
    [InlineData("empty")]
    [InlineData("link")]
    [InlineData("writable by others")]
    public async Task An_answer_that_is_not_ours_and_whole_is_ignored(string harm)
    {
        var folder = Copy("compose-voting");
        await WithCacheAsync(folder);
        var file = Open(folder, old: true).AnswerPath;
        var bytes = File.ReadAllBytes(file);
        switch (harm)
        {
            case "truncated": File.WriteAllBytes(file, bytes[..^20]); break;
            case "flipped": bytes[^20] ^= 1; File.WriteAllBytes(file, bytes); break;
            case "empty": File.WriteAllBytes(file, []); break;
            case "link": File.Move(file, file + ".real"); File.CreateSymbolicLink(file, file + ".real"); break;
            default: File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherWrite); break;
        }

        Assert.False(StillHolds(folder));
        Assert.Equal(await WithoutAsync(folder), await WithCacheAsync(folder));
        Assert.True(StillHolds(folder));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
    }

    [Fact]
    public async Task An_answer_within_other_limits_is_not_taken()
    {
        var folder = Copy("compose-voting");
        await WithCacheAsync(folder);
        var cache = Open(folder, old: true);

        Assert.NotNull(AnswerFile.Read(cache.AnswerPath, cache.Root, ScanOptions.Default));
        Assert.Null(AnswerFile.Read(cache.AnswerPath, cache.Root, ScanOptions.Default with { MaxSourceFiles = 1 }));
        Assert.Null(AnswerFile.Read(cache.AnswerPath, cache.Root + "2", ScanOptions.Default));
    }

    static string Change(string folder, Random random, int step)
    {
        var files = Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Where(file => new FileInfo(file).LinkTarget is null).Order(StringComparer.Ordinal).ToList();
        var folders = Directory.GetDirectories(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Prepend(folder).ToList();
        var file = files[random.Next(files.Count)];
        var place = folders[random.Next(folders.Count)];
        var kind = random.Next(14);
        switch (kind)
        {
            case 0 or 1 or 2: File.AppendAllText(file, "\n"); break;
            case 3: File.AppendAllText(file, $"\nconst v{step} = process.env.VALUE_{step} || 'http://localhost:{3000 + step}'\n"); break;
            case 4: File.WriteAllText(file, "\n" + File.ReadAllText(file)); break;
            case 5: File.WriteAllText(file, File.ReadAllText(file).Replace("0", "1", StringComparison.Ordinal)); break;
            case 6 when files.Count > 3: File.Delete(file); break;
            case 7 when Path.GetDirectoryName(file) != place: File.Copy(file, Path.Combine(place, Path.GetFileName(file)), overwrite: true); break;
            case 8: File.Move(file, Path.Combine(Path.GetDirectoryName(file)!, $"x{step}{Path.GetExtension(file)}")); break;
            case 9 when place != folder: Directory.Move(place, Path.Combine(folder, $"moved{step}")); break;
            case 10: File.WriteAllText(Path.Combine(place, $"note{step}.txt"), "nothing"); break;
            case 11 when files.Count > 3: File.Move(file, file + ".real"); File.CreateSymbolicLink(file, file + ".real"); break;
            case 12: File.WriteAllText(file, File.ReadAllText(file) + new string(' ', 300_000)); break;
            default: File.WriteAllText(Path.Combine(place, "Dockerfile"), $"FROM node:22\nEXPOSE {4000 + step}\nCMD [\"node\", \"server.js\"]\n"); break;
        }
        return $"{kind} {Path.GetRelativePath(folder, file)} {Path.GetRelativePath(folder, place)}";
    }
}
