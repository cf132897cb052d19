using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using Kyozo.Engine.Folders;

namespace Kyozo.Engine.Tests.Folders;

public sealed class ArchiveTests : IDisposable
{
    static readonly Guid Id = new("00000000-0000-7000-8000-00000000aaaa");

    readonly TemporaryFolder _temporary = new();
    readonly string _staging;
    readonly string _target;

    public ArchiveTests()
    {
        _staging = _temporary.Make("staging");
        _target = _temporary.Make("target");
        File.WriteAllText(Path.Combine(_target, "before"), "kept");
    }

    static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("zip")]
    [InlineData("tar")]
    [InlineData("tar.gz")]
    public async Task An_archive_becomes_the_folder_in_one_step(string kind)
    {
        var entries = new[] { ("package.json", "{}"), ("api/", ""), ("api/server.js", "run()"), ("empty/", "") };

        await UploadAsync(kind switch { "zip" => Zip(entries), "tar" => Tar(entries), _ => Gzip(Tar(entries)) }, null);

        Assert.Equal(["api", "api/server.js", "empty", "package.json"], Content());
        Assert.Equal("run()", File.ReadAllText(Path.Combine(_target, "api/server.js")));
        Assert.Empty(Directory.GetFileSystemEntries(_staging));
    }

    [Fact]
    public async Task A_single_folder_named_like_the_archive_is_unwrapped_and_another_is_not()
    {
        await UploadAsync(Zip([("shop/web/index.html", "x")]), "shop");
        Assert.Equal(["web", "web/index.html"], Content());

        await UploadAsync(Zip([("shop/web/index.html", "x")]), "other");
        Assert.Equal(["shop", "shop/web", "shop/web/index.html"], Content());
    }

    [Theory]
    [InlineData("../../../../etc/cron.d/x")]
    [InlineData("/tmp/abs")]
    [InlineData("a\\..\\..\\b")]
    [InlineData("dir/../../x")]
    [InlineData("C:\\x")]
    [InlineData("C:x")]
    [InlineData("a/./b")]
    [InlineData("a//b")]
    [InlineData("a/ /b")]
    [InlineData("x\ny")]
    [InlineData("..")]
    public async Task A_name_that_leads_elsewhere_refuses_the_whole_archive(string name)
    {
        await RefusedAsync(Zip([("good.txt", "1"), (name, "2")]));
        await RefusedAsync(Tar([("good.txt", "1"), (name, "2")]));
    }

    [Theory]
    [InlineData("Dockerfile", "dockerfile")]
    [InlineData("caf\u00e9", "cafe\u0301")]
    [InlineData("Dockerfile", "Dockerfile ")]
    [InlineData("Dockerfile", "Dockerfile.")]
    [InlineData("web/a", "Web/b")]
    [InlineData("\u1e69", "s\u0323\u0307")]
    public async Task Two_names_that_are_one_elsewhere_refuse_the_archive_naming_both(string first, string second)
    {
        var refusal = await RefusedAsync(Zip([(first, "1"), (second, "2")]));

        Assert.Contains(first.Split('/')[0], refusal.Message);
        Assert.Contains(second.Split('/')[0], refusal.Message);
    }

    [Fact]
    public async Task The_same_name_twice_refuses_the_archive()
    {
        await RefusedAsync(Zip([("a", "1"), ("a", "2")]));
        await RefusedAsync(Zip([("a", "1"), ("a/b", "2")]));
        await RefusedAsync(Tar([("a/b", "1"), ("a", "2")]));
    }

    [Theory]
    [InlineData(TarEntryType.SymbolicLink)]
    [InlineData(TarEntryType.HardLink)]
    [InlineData(TarEntryType.CharacterDevice)]
    [InlineData(TarEntryType.BlockDevice)]
    [InlineData(TarEntryType.Fifo)]
    public async Task Links_devices_and_pipes_in_a_tar_refuse_the_archive(TarEntryType type)
    {
        using var bytes = new MemoryStream();
        await using (var tar = new TarWriter(bytes, TarEntryFormat.Pax, leaveOpen: true))
        {
            var entry = new PaxTarEntry(type, "link");
            if (type is TarEntryType.SymbolicLink or TarEntryType.HardLink) entry.LinkName = "/etc/passwd";
            await tar.WriteEntryAsync(entry, Stop);
        }

        await RefusedAsync(bytes.ToArray());
    }

    [Theory]
    [InlineData(0xA000)]
    [InlineData(0x2000)]
    [InlineData(0x1000)]
    [InlineData(0xC000)]
    public async Task Links_devices_and_pipes_in_a_zip_refuse_the_archive(int type) =>
        await RefusedAsync(Zip([("link", "/etc")], type | 0x1FF));

    [Fact]
    public async Task Modes_are_masked_to_plain_and_executable()
    {
        await UploadAsync(Zip([("tool", "#!")], 0x8000 | 0xDFF), null);
        Assert.Equal(Octal("755"), File.GetUnixFileMode(Path.Combine(_target, "tool")));

        await UploadAsync(Zip([("text", "x")], 0x8000 | 0x1B6), null);
        Assert.Equal(Octal("644"), File.GetUnixFileMode(Path.Combine(_target, "text")));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_bomb_is_stopped_while_it_unpacks(bool zip)
    {
        var zeros = new string('0', 20_000_000);
        var limits = new ArchiveLimits { RatioFromBytes = 1 << 20 };

        var refusal = await RefusedAsync(zip ? Zip([("zeros", zeros)]) : Gzip(Tar([("zeros", zeros)])), limits);

        Assert.Contains("bomb", refusal.Message);
    }

    [Fact]
    public async Task Sizes_and_counts_are_limited()
    {
        Assert.Contains("larger", (await RefusedAsync(Tar([("a", new('x', 600)), ("b", new('x', 600))]), new() { UnpackedBytes = 1000 })).Message);
        Assert.Contains("more than 2 files", (await RefusedAsync(Zip([("a", ""), ("b", ""), ("c", "")]), new() { Entries = 2 })).Message);
        Assert.Contains("more than 2 files", (await RefusedAsync(Tar([("a", ""), ("b", ""), ("c", "")]), new() { Entries = 2 })).Message);
    }

    [Fact]
    public async Task A_header_that_lies_about_the_size_does_not_help()
    {
        var zip = Zip([("a", new('x', 5000))]);
        // The directory's entry: signature 4, then 20 bytes to the unpacked size.
        var at = zip.AsSpan().IndexOf("PK\u0001\u0002"u8) + 24;
        BitConverter.TryWriteBytes(zip.AsSpan(at), 10);

        await RefusedAsync(zip);
    }

    [Fact]
    public async Task A_damaged_or_foreign_file_is_refused()
    {
        var zip = Zip([("a", new('x', 5000))]);
        await RefusedAsync(zip[..(zip.Length / 2)]);
        await RefusedAsync(Gzip(Tar([("a", "1")]))[..40]);
        await RefusedAsync(Encoding.UTF8.GetBytes("just some text, not an archive at all"));
        await RefusedAsync([]);
        await RefusedAsync(Zip([]));
    }

    [Fact]
    public async Task A_nested_archive_stays_a_file()
    {
        var inner = Encoding.Latin1.GetString(Zip([("../../evil", "x")]));

        await UploadAsync(Tar([("inner.zip", inner)]), null);

        Assert.Equal(["inner.zip"], Content());
    }

    [Fact]
    public async Task The_sweep_removes_what_nobody_holds_and_nothing_else()
    {
        using var held = StagedFolder.Create(_staging, Id, new());
        await held.AddFileAsync("a", new MemoryStream([1]), Stop);
        Directory.CreateDirectory(Path.Combine(_staging, "dead", "files"));
        File.WriteAllText(Path.Combine(_staging, "dead.lock"), "");

        Assert.Equal(1, StagingSweep.Run(_staging));

        Assert.Equal([$"{Id}", $"{Id}.lock"], Directory.GetFileSystemEntries(_staging).Select(Path.GetFileName).Order());
        held.MoveTo(_target, null);
        Assert.Equal(["a"], Content());
    }

    [Fact]
    public async Task Sweeps_and_uploads_that_begin_and_end_meanwhile_do_not_meet()
    {
        using var done = new CancellationTokenSource();
        var sweeps = Enumerable.Range(0, 2).Select(_ => Task.Run(() =>
        {
            var removed = 0;
            while (!done.IsCancellationRequested) removed += StagingSweep.Run(_staging);
            return removed;
        })).ToList();
        for (var i = 0; i < 500; i++)
        {
            using var upload = StagedFolder.Create(_staging, Guid.CreateVersion7(TimeProvider.System.GetUtcNow()), new());
            await upload.AddFileAsync("a", new MemoryStream([1]), Stop);
            Assert.Equal(1, upload.FileCount);
        }

        await done.CancelAsync();

        Assert.Equal(0, (await Task.WhenAll(sweeps)).Sum());
        Assert.Empty(Directory.GetFileSystemEntries(_staging));
    }

    [Fact]
    public void A_nearly_full_disk_takes_no_upload()
    {
        var refusal = Assert.Throws<FolderRefusedException>(() => StagedFolder.Create(_staging, Id, new() { ReserveBytes = long.MaxValue }));

        Assert.Contains("nearly full", refusal.Message);
        Assert.Empty(Directory.GetFileSystemEntries(_staging));
    }

    public void Dispose() => _temporary.Dispose();

    async Task UploadAsync(byte[] archive, string? wrapper, ArchiveLimits? limits = null)
    {
        using var staged = StagedFolder.Create(_staging, Id, limits ?? new());
        await File.WriteAllBytesAsync(staged.ArchiveFile, archive, Stop);
        await ArchiveReader.UnpackAsync(staged, Stop);
        staged.MoveTo(_target, wrapper);
    }

    async Task<FolderRefusedException> RefusedAsync(byte[] archive, ArchiveLimits? limits = null)
    {
        var refusal = await Assert.ThrowsAsync<FolderRefusedException>(() => UploadAsync(archive, null, limits));
        Assert.Equal(["before"], Content());
        Assert.Empty(Directory.GetFileSystemEntries(_staging));
        Assert.Equal(["staging", "target"], Directory.GetFileSystemEntries(_temporary.Path).Select(Path.GetFileName).Order());
        return refusal;
    }

    string[] Content() =>
        [.. Directory.EnumerateFileSystemEntries(_target, "*", SearchOption.AllDirectories).Select(p => Path.GetRelativePath(_target, p)).Order(StringComparer.Ordinal)];

    static UnixFileMode Octal(string mode) => (UnixFileMode)Convert.ToInt32(mode, 8);

    static byte[] Zip((string Name, string Content)[] entries, int mode = 0)
    {
        using var bytes = new MemoryStream();
        using (var zip = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, content) in entries)
            {
                var entry = zip.CreateEntry(name);
                if (mode != 0) entry.ExternalAttributes = mode << 16;
                using var stream = entry.Open();
                stream.Write(Encoding.Latin1.GetBytes(content));
            }
        }

        return bytes.ToArray();
    }

    static byte[] Tar((string Name, string Content)[] entries)
    {
        using var bytes = new MemoryStream();
        using (var tar = new TarWriter(bytes, TarEntryFormat.Pax, leaveOpen: true))
        {
            foreach (var (name, content) in entries)
            {
                var entry = new PaxTarEntry(name.EndsWith('/') ? TarEntryType.Directory : TarEntryType.RegularFile, name);
                if (content.Length > 0) entry.DataStream = new MemoryStream(Encoding.Latin1.GetBytes(content));
                tar.WriteEntry(entry);
            }
        }

        return bytes.ToArray();
    }

    static byte[] Gzip(byte[] content)
    {
        using var bytes = new MemoryStream();
        using (var gzip = new GZipStream(bytes, CompressionLevel.SmallestSize, leaveOpen: true)) gzip.Write(content);
        return bytes.ToArray();
    }
}
