using Kyozo.Data;
using Kyozo.Engine.Folders;
using Microsoft.Extensions.Configuration;

namespace Kyozo.Engine.Tests.Folders;

public sealed class AllowedRootsTests : IDisposable
{
    readonly TemporaryFolder _temporary = new();
    readonly KyozoHome _home;

    public AllowedRootsTests()
    {
        _home = new(_temporary.Make("home"));
        Directory.CreateDirectory(_home.Workspaces);
    }

    [Fact]
    public void A_folder_under_a_line_of_the_file_is_allowed_and_so_is_the_line_itself()
    {
        var projects = _temporary.Make("projects");
        var shop = _temporary.Make("projects", "shop");
        var roots = Roots();
        Assert.Throws<FolderRefusedException>(() => roots.Require(shop));

        File.WriteAllText(_home.AllowedRootsFile, projects + "\n\n");

        Assert.Equal(shop, roots.Require(shop));
        Assert.Equal(projects, roots.Require(projects));
    }

    [Fact]
    public void A_folder_under_the_configured_root_or_among_kyozos_own_workspaces_is_allowed()
    {
        var configured = _temporary.Make("configured", "shop");
        var own = Directory.CreateDirectory(Path.Combine(_home.Workspaces, "shop")).FullName;

        Assert.Equal(configured, Roots(Path.GetDirectoryName(configured)).Require(configured));
        Assert.Equal(own, Roots().Require(own));
    }

    [Fact]
    public void A_sibling_that_begins_with_the_same_letters_is_not_under_the_root()
    {
        Allow(_temporary.Make("ws"));

        Assert.Throws<FolderRefusedException>(() => Roots().Require(_temporary.Make("ws-evil")));
    }

    [Fact]
    public void A_way_out_by_dots_or_by_a_link_is_not_allowed()
    {
        var root = _temporary.Make("ws");
        var outside = _temporary.Make("outside", "deep");
        Allow(root);
        Directory.CreateSymbolicLink(Path.Combine(root, "link"), Path.GetDirectoryName(outside)!);

        Assert.Throws<FolderRefusedException>(() => Roots().Require(Path.Combine(root, "..", "outside")));
        Assert.Throws<FolderRefusedException>(() => Roots().Require(Path.Combine(root, "link")));
        Assert.Throws<FolderRefusedException>(() => Roots().Require(Path.Combine(root, "link", "deep")));
    }

    [Fact]
    public void A_link_inside_is_taken_for_what_it_leads_to()
    {
        var root = _temporary.Make("ws");
        var shop = _temporary.Make("ws", "shop");
        Allow(root);
        Directory.CreateSymbolicLink(Path.Combine(root, "latest"), shop);

        Assert.Equal(shop, Roots().Require(Path.Combine(root, "latest")));
    }

    [Fact]
    public void Links_in_a_circle_are_refused()
    {
        var root = _temporary.Make("ws");
        Allow(root);
        Directory.CreateSymbolicLink(Path.Combine(root, "a"), Path.Combine(root, "b"));
        Directory.CreateSymbolicLink(Path.Combine(root, "b"), Path.Combine(root, "a"));

        Assert.Throws<FolderRefusedException>(() => Roots().Require(Path.Combine(root, "a")));
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/etc")]
    [InlineData("/etc/ssl")]
    [InlineData("/proc")]
    [InlineData("/proc/self/root")]
    [InlineData("/sys")]
    [InlineData("/dev")]
    [InlineData("/usr/lib")]
    [InlineData("/var")]
    [InlineData("/var/lib")]
    [InlineData("/home")]
    [InlineData("/tmp")]
    public void The_systems_folders_are_refused_whatever_is_configured(string folder)
    {
        Allow("/");

        Assert.Throws<FolderRefusedException>(() => Roots("/").Require(folder));
    }

    [Fact]
    public void Kyozos_own_folders_are_refused_whatever_is_configured()
    {
        Allow("/");
        Directory.CreateDirectory(_home.KeyRing);

        Assert.All(
            [_home.Root, _home.KeyRing, _home.Workspaces, _temporary.Path, AppContext.BaseDirectory, Path.GetDirectoryName(AppContext.BaseDirectory.TrimEnd('/'))!],
            folder => Assert.Throws<FolderRefusedException>(() => Roots().Require(folder)));
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("shop")]
    [InlineData("../shop")]
    [InlineData("/srv/\0shop")]
    [InlineData("/srv/shop\n")]
    [InlineData("/there/is/no/such/folder")]
    public void What_is_no_absolute_folder_is_refused(string path)
    {
        Allow("/");

        Assert.Throws<FolderRefusedException>(() => Roots().Require(path));
    }

    [Fact]
    public void A_file_is_no_folder()
    {
        var root = _temporary.Make("ws");
        Allow(root);
        File.WriteAllText(Path.Combine(root, "file"), "");

        Assert.Throws<FolderRefusedException>(() => Roots().Require(Path.Combine(root, "file")));
    }

    [Fact]
    public void People_choose_from_all_roots_but_the_one_with_everybodys_uploads()
    {
        var projects = _temporary.Make("projects");
        Allow(projects);

        Assert.Equal([projects], Roots().Browsable());
    }

    [Theory]
    [InlineData("/ws", "/ws/a", true)]
    [InlineData("/ws/a/b", "/ws/a", true)]
    [InlineData("/ws", "/ws", true)]
    [InlineData("/ws-evil", "/ws", false)]
    [InlineData("/ws/a", "/ws/b", false)]
    public void Two_roots_overlap_when_one_holds_the_other(string a, string b, bool overlap) =>
        Assert.Equal(overlap, RealPath.Overlap(a, b));

    public void Dispose() => _temporary.Dispose();

    void Allow(string root) => File.AppendAllText(_home.AllowedRootsFile, root + "\n");

    AllowedRoots Roots(string? configured = null) =>
        new(_home, new ConfigurationBuilder().AddInMemoryCollection([new("Kyozo:WorkspacesRoot", configured)]).Build());
}
