using System.IO.Compression;
using Kyozo.Data.Permissions;
using Kyozo.Data.Tenancy;
using Kyozo.Data.WorkerApi;
using Kyozo.Testing;
using Microsoft.EntityFrameworkCore;

namespace Kyozo.Worker.Tests.Api;

public sealed class WorkspaceApiTests(PostgresFixture postgres) : IAsyncLifetime
{
    WorkerHost _worker = null!;
    WorkerClient _client = null!;
    string _projects = null!;
    Actor _admin = null!;

    static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _projects = Directory.CreateTempSubdirectory("kyozo-projects-").FullName;
        _worker = await WorkerHost.StartAsync(postgres, Stop, ("Kyozo:WorkspacesRoot", _projects), ("Kyozo:Upload:Entries", "50"));
        _client = _worker.Client();
        _admin = await AdminAsync();
    }

    [Fact]
    public async Task A_folder_becomes_a_workspace_and_is_analysed()
    {
        var shop = Project("shop", ("package.json", """{"name":"shop","scripts":{"start":"node server.js"},"dependencies":{"express":"^4"}}"""), ("server.js", "require('express')().listen(3000)"));

        var created = await _client.CreateWorkspaceAsync(_admin, new("Tea Shop (EU)", shop), Stop);
        var done = await _client.DetectAsync(_admin, created.Id, Stop);

        Assert.Equal("tea-shop-eu", created.Slug);
        Assert.Equal("shop", Assert.Single(done.Topology.Services).Name);
        await using var db = _worker.Database.OpenAsAdmin();
        var detection = await db.TopologyDetections.SingleAsync(d => d.Id == done.DetectionId, Stop);
        Assert.Equal((_admin.UserId, "/"), (detection.RequestedBy, detection.FolderPath));
        Assert.Contains("\"shop\"", detection.ConfidenceScores);
        Assert.Equal("shop", Assert.Single((await db.Workspaces.SingleAsync(w => w.Id == created.Id, Stop)).ServiceTopology!.Services).Name);
        var manifest = await db.Files.SingleAsync(f => f.WorkspaceId == created.Id && f.Path == "/package.json", Stop);
        Assert.True(manifest.IsServiceIndicator);
        Assert.Contains("express", manifest.DetectedTechnologies);
        Assert.InRange(manifest.AnalysisConfidence!.Value, 0.5, 1);
        Assert.Equal(64, manifest.ContentHash!.Length);
        Assert.Equal(2, await db.Files.CountAsync(f => f.WorkspaceId == created.Id, Stop));
        Assert.Equal(["workspace_created", "folder_analyzed"], await db.AuditEvents.OrderBy(e => e.SequenceNum).Select(e => e.Action).ToListAsync(Stop));
    }

    [Fact]
    public async Task A_second_analysis_follows_the_folder()
    {
        var shop = Project("shop", ("package.json", "{}"), ("old.txt", "x"));
        var created = await _client.CreateWorkspaceAsync(_admin, new("Shop", shop), Stop);
        await _client.DetectAsync(_admin, created.Id, Stop);
        File.Delete(Path.Combine(shop, "old.txt"));
        File.WriteAllText(Path.Combine(shop, "new.txt"), "y");

        await _client.DetectAsync(_admin, created.Id, Stop);

        await using var db = _worker.Database.OpenAsAdmin();
        Assert.Equal(["/new.txt", "/package.json"], await db.Files.OrderBy(f => f.Path).Select(f => f.Path).ToListAsync(Stop));
        Assert.Equal(2, await db.TopologyDetections.CountAsync(Stop));
    }

    [Fact]
    public async Task A_workspace_with_containers_switched_off_is_not_analysed()
    {
        var created = await _client.CreateWorkspaceAsync(_admin, new("Shop", Project("shop")), Stop);
        await _worker.Database.ExecuteAsync("UPDATE workspaces SET container_enabled = false", Stop);

        var refusal = await Assert.ThrowsAsync<WorkerRefusedException>(() => _client.DetectAsync(_admin, created.Id, Stop));

        Assert.Contains("switched off", refusal.Message);
        await using var db = _worker.Database.OpenAsAdmin();
        Assert.Equal(0, await db.TopologyDetections.CountAsync(Stop));
    }

    [Fact]
    public async Task A_folder_that_has_gone_is_told_by_its_name()
    {
        var shop = Project("shop");
        var created = await _client.CreateWorkspaceAsync(_admin, new("Shop", shop), Stop);
        Directory.Delete(shop);

        var refusal = await Assert.ThrowsAsync<WorkerRefusedException>(() => _client.DetectAsync(_admin, created.Id, Stop));

        Assert.Contains(shop, refusal.Message);
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/etc")]
    [InlineData("/proc")]
    [InlineData("relative")]
    [InlineData("/srv/../etc")]
    public async Task A_root_outside_the_allowed_ones_is_refused(string root)
    {
        await Assert.ThrowsAsync<WorkerRefusedException>(() => _client.CreateWorkspaceAsync(_admin, new("Shop", root), Stop));

        await using var db = _worker.Database.OpenAsAdmin();
        Assert.Equal(0, await db.Workspaces.CountAsync(Stop));
    }

    [Fact]
    public async Task A_root_that_overlaps_another_teams_is_refused_without_naming_it()
    {
        var other = await AdminAsync();
        Project("shop/web");
        await _client.CreateWorkspaceAsync(other, new("Secret name", Path.Combine(_projects, "shop")), Stop);

        foreach (var root in new[] { "shop", "shop/web", "" })
        {
            var refusal = await Assert.ThrowsAsync<WorkerRefusedException>(() => _client.CreateWorkspaceAsync(_admin, new("Shop", Path.Combine(_projects, root)), Stop));
            Assert.DoesNotContain("Secret", refusal.Message);
        }
    }

    [Fact]
    public async Task Of_two_that_ask_for_one_folder_at_once_one_gets_it()
    {
        var shop = Project("shop");

        var results = await Task.WhenAll(Enumerable.Range(0, 4).Select(async _ =>
        {
            try
            {
                await _client.CreateWorkspaceAsync(_admin, new("Shop", shop), Stop);
                return true;
            }
            catch (WorkerRefusedException)
            {
                return false;
            }
        }));

        Assert.Single(results, true);
    }

    [Fact]
    public async Task Two_workspaces_of_one_name_get_two_slugs()
    {
        Assert.Equal("shop", (await _client.CreateWorkspaceAsync(_admin, new("Shop", Project("a")), Stop)).Slug);
        Assert.Equal("shop-2", (await _client.CreateWorkspaceAsync(_admin, new("Shop", Project("b")), Stop)).Slug);
    }

    [Fact]
    public async Task An_archive_is_uploaded_into_a_workspace_of_its_own_and_analysed()
    {
        var created = await _client.CreateWorkspaceAsync(_admin, new("Shop", null), Stop);

        var done = await _client.UploadAsync(_admin, created.Id, "shop.zip", Zip(("shop/index.html", "<h1>tea</h1>"), ("shop/style.css", "h1 {}")), Stop);

        Assert.Equal(new(2, 17), done);
        Assert.Equal("index.html", Path.GetFileName(Directory.GetFiles(await RootAsync(created.Id)).Order().First()));
        Assert.Single((await _client.DetectAsync(_admin, created.Id, Stop)).Topology.Services);
    }

    [Fact]
    public async Task A_dragged_folder_is_uploaded_file_by_file()
    {
        var created = await _client.CreateWorkspaceAsync(_admin, new("Shop", null), Stop);
        var files = new[] { ("shop/app.py", "print(1)"), ("shop/t\u00e9e \"x\".txt", "tea") }
            .Select(f => new FolderFile(f.Item1, () => new MemoryStream(System.Text.Encoding.UTF8.GetBytes(f.Item2)))).ToList();

        var done = await _client.UploadFolderAsync(_admin, created.Id, files, Stop);

        Assert.Equal(new(2, 11), done);
        Assert.Equal(["app.py", "t\u00e9e \"x\".txt"], Directory.GetFiles(await RootAsync(created.Id)).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_second_upload_replaces_the_first_whole()
    {
        var created = await _client.CreateWorkspaceAsync(_admin, new("Shop", null), Stop);
        await _client.UploadAsync(_admin, created.Id, "a.zip", Zip(("old.txt", "1")), Stop);

        await _client.UploadAsync(_admin, created.Id, "b.zip", Zip(("new.txt", "2")), Stop);

        Assert.Equal(["new.txt"], Directory.GetFiles(await RootAsync(created.Id)).Select(Path.GetFileName));
    }

    [Theory]
    [InlineData("../../evil.txt")]
    [InlineData("/tmp/evil.txt")]
    [InlineData("a\\..\\evil.txt")]
    [InlineData("C:\\evil.txt")]
    public async Task A_hostile_upload_changes_nothing_and_is_in_the_trail(string name)
    {
        var created = await _client.CreateWorkspaceAsync(_admin, new("Shop", null), Stop);
        await _client.UploadAsync(_admin, created.Id, "a.zip", Zip(("kept.txt", "1")), Stop);

        await Assert.ThrowsAsync<WorkerRefusedException>(() => _client.UploadAsync(_admin, created.Id, "b.zip", Zip(("good.txt", "2"), (name, "3")), Stop));
        await Assert.ThrowsAsync<WorkerRefusedException>(() => _client.UploadFolderAsync(_admin, created.Id, [new(name, () => new MemoryStream([1]))], Stop));

        Assert.Equal(["kept.txt"], Directory.GetFiles(await RootAsync(created.Id)).Select(Path.GetFileName));
        Assert.Empty(Directory.GetFileSystemEntries(_worker.Home.Staging));
        await using var db = _worker.Database.OpenAsAdmin();
        Assert.Equal(2, await db.AuditEvents.CountAsync(e => e.Action == "upload_rejected" && e.ActorId == _admin.UserId, Stop));
    }

    [Fact]
    public async Task Too_many_entries_are_refused_while_another_upload_goes_through()
    {
        var one = await _client.CreateWorkspaceAsync(_admin, new("One", null), Stop);
        var two = await _client.CreateWorkspaceAsync(_admin, new("Two", null), Stop);
        var many = Enumerable.Range(0, 100).Select(i => ($"{i}", "")).ToArray();

        var refused = Assert.ThrowsAsync<WorkerRefusedException>(() => _client.UploadAsync(_admin, one.Id, "many.zip", Zip(many), Stop));
        await _client.UploadAsync(_admin, two.Id, "two.zip", Zip(("a", "1")), Stop);
        await refused;

        Assert.Empty(Directory.GetFileSystemEntries(await RootAsync(one.Id)));
    }

    [Fact]
    public async Task A_broken_off_upload_leaves_nothing_and_can_be_repeated()
    {
        var created = await _client.CreateWorkspaceAsync(_admin, new("Shop", null), Stop);
        using var broken = new CancellationTokenSource();
        await using var endless = new Endless(() => broken.Cancel());

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _client.UploadAsync(_admin, created.Id, "shop.zip", endless, broken.Token));

        await Eventually.TrueAsync("the staging folder to be empty", TimeSpan.FromSeconds(20), () => Task.FromResult(Directory.GetFileSystemEntries(_worker.Home.Staging).Length == 0), Stop);
        Assert.Empty(Directory.GetFileSystemEntries(await RootAsync(created.Id)));
        await _client.UploadAsync(_admin, created.Id, "shop.zip", Zip(("a", "1")), Stop);
        Assert.Single(Directory.GetFileSystemEntries(await RootAsync(created.Id)));
    }

    [Fact]
    public async Task Nothing_is_uploaded_into_somebodys_own_folder()
    {
        var shop = Project("shop", ("kept.txt", "1"));
        var created = await _client.CreateWorkspaceAsync(_admin, new("Shop", shop), Stop);

        await Assert.ThrowsAsync<WorkerRefusedException>(() => _client.UploadAsync(_admin, created.Id, "a.zip", Zip(("new.txt", "2")), Stop));

        Assert.Equal(["kept.txt"], Directory.GetFiles(shop).Select(Path.GetFileName));
    }

    [Fact]
    public async Task Folders_are_browsed_under_the_allowed_roots_only_and_without_other_teams_workspaces()
    {
        var mine = Project("mine/web");
        Project("theirs/secret");
        await _client.CreateWorkspaceAsync(await AdminAsync(), new("Theirs", Path.Combine(_projects, "theirs")), Stop);

        var roots = await _client.BrowseFoldersAsync(_admin, null, Stop);
        var root = await _client.BrowseFoldersAsync(_admin, _projects, Stop);
        var below = await _client.BrowseFoldersAsync(_admin, Path.GetDirectoryName(mine), Stop);

        Assert.Equal([_projects], roots.Folders);
        Assert.Equal([Path.Combine(_projects, "mine")], root.Folders);
        Assert.Null(root.Parent);
        Assert.Equal((_projects, mine), (below.Parent, Assert.Single(below.Folders)));
        foreach (var path in new[] { "/", "/etc", Path.Combine(_projects, "theirs"), Path.Combine(_projects, "mine", "..", ".."), _worker.Home.Root })
            await Assert.ThrowsAsync<WorkerRefusedException>(() => _client.BrowseFoldersAsync(_admin, path, Stop));
    }

    [Fact]
    public async Task The_engine_and_the_database_report()
    {
        var engine = await _client.ReadEngineAsync(new(WellKnown.Operator, WellKnown.DefaultTeam), Stop);
        var database = await _client.ReadDatabaseAsync(new(WellKnown.Operator, WellKnown.DefaultTeam), Stop);

        Assert.True(engine.Reachable);
        Assert.True(engine.Cpus > 0);
        Assert.Contains(database.Tables, t => t.Table == "service_metrics");
        // Events, checks, metrics, and the minutes of both roll-ups.
        Assert.Equal(5 * 16, database.Partitions.Count);
    }

    public async ValueTask DisposeAsync()
    {
        await _worker.DisposeAsync();
        Directory.Delete(_projects, recursive: true);
    }

    async Task<Actor> AdminAsync()
    {
        var team = await A.TeamAsync(_worker.Database, Stop);
        return new((await A.UserAsync(_worker.Database, team, Stop, TeamRole.Admin)).Id, team.Id);
    }

    string Project(string name, params (string Path, string Content)[] files)
    {
        var folder = Directory.CreateDirectory(Path.Combine(_projects, name)).FullName;
        foreach (var (path, content) in files) File.WriteAllText(Path.Combine(folder, path), content);
        return folder;
    }

    async Task<string> RootAsync(Guid workspaceId)
    {
        await using var db = _worker.Database.OpenAsAdmin();
        return await db.Workspaces.Where(w => w.Id == workspaceId).Select(w => w.RootPath).SingleAsync(Stop);
    }

    static MemoryStream Zip(params (string Name, string Content)[] entries)
    {
        var bytes = new MemoryStream();
        using (var zip = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, content) in entries)
            {
                using var entry = zip.CreateEntry(name).Open();
                entry.Write(System.Text.Encoding.UTF8.GetBytes(content));
            }
        }

        bytes.Position = 0;
        return bytes;
    }

    // A connection that is cut in the middle.
    sealed class Endless(Action cut) : MemoryStream
    {
        int _blocks;

        public override bool CanSeek => false;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (++_blocks == 20) cut();
            return ValueTask.FromResult(buffer.Length);
        }
    }
}
