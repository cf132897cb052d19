using Kyozo.Data.Topology;
using Kyozo.Engine.Folders;
using Kyozo.Engine.Tests.Topology;
using Kyozo.Engine.Topology;

namespace Kyozo.Engine.Tests.Folders;

/// <summary>What did not change is not read again, and the answer is the same as without a cache.</summary>
public sealed class ScanCacheTests : IDisposable
{
    readonly TemporaryFolder _temporary = new();

    public void Dispose() => _temporary.Dispose();

    string Caches => Path.Combine(_temporary.Path, "cache");

    static CancellationToken Stop => TestContext.Current.CancellationToken;

    // The clock is ahead of the files, as if they had been written long before.
    ScanCache Open(string folder, TimeSpan? ahead = null) => ScanCache.Open(Caches, folder, TimeProvider.System.GetUtcNow() + (ahead ?? TimeSpan.FromHours(1)));

    async Task<(FolderTopology Topology, int Reused)> DetectAsync(string folder, TimeSpan? ahead = null)
    {
        var cache = Open(folder, ahead);
        var snapshot = await FolderScanner.ScanAsync(folder, ScanOptions.Default with { Cache = cache }, Stop);
        return (TopologyAnalyzer.Analyze(snapshot), cache.Reused);
    }

    string Shop()
    {
        var folder = _temporary.Make("shop");
        foreach (var (path, text) in Snapshots.Shop)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(folder, path))!);
            File.WriteAllText(Path.Combine(folder, path), text);
        }
        return folder;
    }

    public static TheoryData<string> Names() => SampleTests.Names();

    [Theory, MemberData(nameof(Names))]
    public async Task Every_sample_has_the_same_topology_with_a_cold_a_warm_and_no_cache(string name)
    {
        var folder = Path.Combine(Samples.Folder, name);
        var without = TopologyJson.Print(TopologyAnalyzer.Analyze(await FolderScanner.ScanAsync(folder, ScanOptions.Default, Stop)));

        var cold = await DetectAsync(folder);
        var warm = await DetectAsync(folder);

        Assert.Equal(without, TopologyJson.Print(cold.Topology));
        Assert.Equal(without, TopologyJson.Print(warm.Topology));
        Assert.Equal(0, cold.Reused);
    }

    [Fact]
    public async Task Only_the_changed_file_is_read_again()
    {
        var folder = Shop();
        Assert.Equal(0, (await DetectAsync(folder)).Reused);
        Assert.Equal(4, (await DetectAsync(folder)).Reused);
        File.WriteAllText(Path.Combine(folder, "api", "server.js"), "require('express')().listen(process.env.PORT || 5000);");

        var changed = await DetectAsync(folder);

        Assert.Equal(3, changed.Reused);
        Assert.Equal(5000, changed.Topology.Services.Single(service => service.Path == "api").Port);
    }

    [Fact]
    public async Task A_change_that_keeps_size_and_time_is_seen()
    {
        var folder = Shop();
        var file = Path.Combine(folder, "api", "server.js");
        await DetectAsync(folder);
        var time = File.GetLastWriteTimeUtc(file);
        File.WriteAllText(file, File.ReadAllText(file).Replace("4000", "5000", StringComparison.Ordinal));
        File.SetLastWriteTimeUtc(file, time);

        Assert.Equal(5000, (await DetectAsync(folder)).Topology.Services.Single(service => service.Path == "api").Port);
    }

    [Fact]
    public async Task A_file_written_just_now_is_not_remembered()
    {
        var folder = Shop();

        await DetectAsync(folder, TimeSpan.Zero);

        Assert.Equal(0, (await DetectAsync(folder, TimeSpan.Zero)).Reused);
    }

    [Theory]
    [InlineData("truncated")]
    [InlineData("flipped")]
    [InlineData("other version")]
    [InlineData("empty")]
    [InlineData("link")]
    [InlineData("readable by others' hands")]
    public async Task A_cache_that_is_not_ours_whole_and_of_this_version_is_ignored_and_rewritten(string harm)
    {
        var folder = Shop();
        await DetectAsync(folder);
        var file = Directory.GetFiles(Caches).Single();
        var bytes = File.ReadAllBytes(file);
        switch (harm)
        {
            case "truncated": File.WriteAllBytes(file, bytes[..^20]); break;
            case "flipped": bytes[bytes.Length / 2] ^= 1; File.WriteAllBytes(file, bytes); break;
            case "other version": bytes[12] ^= 1; File.WriteAllBytes(file, bytes); break;
            case "empty": File.WriteAllBytes(file, []); break;
            case "link": File.Move(file, file + ".real"); File.CreateSymbolicLink(file, file + ".real"); break;
            default: File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherWrite); break;
        }

        Assert.Equal(0, (await DetectAsync(folder)).Reused);
        Assert.Equal(4, (await DetectAsync(folder)).Reused);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        Assert.Null(new FileInfo(file).LinkTarget);
    }

    /// <summary>SAFETY F-20: a large tree is scanned within its limits, and again without reading it again.</summary>
    [Fact]
    public async Task A_thousand_folders_and_services_are_found_and_not_read_twice()
    {
        var folder = _temporary.Make("large");
        for (var i = 0; i < 1000; i++)
        {
            var service = Directory.CreateDirectory(Path.Combine(folder, $"s{i:000}")).FullName;
            File.WriteAllText(Path.Combine(service, "package.json"), $$"""{ "name": "s{{i:000}}", "scripts": { "start": "node server.js" }, "dependencies": { "express": "4" } }""");
            File.WriteAllText(Path.Combine(service, "server.js"), $"require('express')().listen({3000 + i});");
            for (var other = 0; other < 8; other++) File.WriteAllText(Path.Combine(service, $"data{other}.txt"), "x");
        }

        var first = await DetectAsync(folder);
        var again = await DetectAsync(folder);

        Assert.Equal(1000, first.Topology.Services.Count);
        Assert.Equal(2000, again.Reused);
        Assert.Equal(TopologyJson.Print(first.Topology), TopologyJson.Print(again.Topology));
    }
}
