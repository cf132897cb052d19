using System.Formats.Tar;
using Kyozo.Engine.Images;

namespace Kyozo.Engine.Tests.Images;

/// <summary>What is sent to the engine, and what never is (SAFETY ).</summary>
public sealed class BuildContextTests : IDisposable
{
    readonly string _scratch = Directory.CreateTempSubdirectory("kyozo-context-").FullName;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    string Root => Path.Combine(_scratch, "folder");

    [Fact]
    public async Task Secrets_repositories_and_installed_packages_stay_out_whatever_the_ignore_file_brings_back()
    {
        string[] secrets = [".env", ".env.production", ".git/config", "deep/.env", "tls/server.pem", "server.key", "id_ed25519", "sub/id_rsa", "node_modules/x/index.js", "web/node_modules/y.js", ".ssh/config", ".netrc"];
        foreach (var secret in secrets) Write(secret, "geheim");
        Write(".npmrc", "//registry.example.org/:_authToken=geheim");
        Write("sub/.npmrc", "//registry.example.org/:_authToken=${NPM_TOKEN}");
        Write("app.js", "1");
        Write(".env.example", "A=");
        Write("docs/a.md", "no");
        Write("docs/keep.md", "yes");

        var (names, folder) = await PackAsync("docs\n!docs/keep.md\n!.env\n!**/.env\n!node_modules\n!**/*.pem\n!id_ed25519");

        Assert.Equal([".env.example", "app.js", "docs/keep.md", "sub/.npmrc"], names);
        Assert.Equal(1, folder.LeftOut[".dockerignore"]);
        // Folders count once: .git, .ssh and two node_modules, beside eight files.
        Assert.Equal(13, folder.LeftOut["never sent to a build"]);
    }

    [Fact]
    public async Task Links_pipes_and_what_cannot_be_read_stay_out_and_block_nothing()
    {
        Write("app.js", "1");
        Write("real/inside.txt", "1");
        File.CreateSymbolicLink(Path.Combine(Root, "passwd"), "/etc/passwd");
        Directory.CreateSymbolicLink(Path.Combine(Root, "etc"), "/etc");
        Directory.CreateSymbolicLink(Path.Combine(Root, "self"), ".");
        File.CreateSymbolicLink(Path.Combine(Root, "inside"), "real/inside.txt");
        await Testing.Command.RunAsync("mkfifo", [Path.Combine(Root, "pipe")], Cancel);

        var (names, folder) = await PackAsync("");

        Assert.Equal(["app.js", "real/inside.txt"], names);
        Assert.Equal(4, folder.LeftOut["symbolic link, not followed"]);
        Assert.Contains(folder.LeftOut, reason => reason.Key.Contains("pipe", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_folder_that_became_a_link_after_it_was_listed_is_not_followed()
    {
        Write("sub/passwd", "mine");
        var folder = ContextFolder.List(Root, DockerIgnore.None, ContextScope.Whole, new(), Cancel);
        Directory.Delete(Path.Combine(Root, "sub"), recursive: true);
        Directory.CreateSymbolicLink(Path.Combine(Root, "sub"), "/etc");

        await using var context = await BuildContext.PackAsync(folder, "", [], _scratch, new(), Cancel);

        Assert.Equal(0, context.Files);
        Assert.Equal(1, folder.LeftOut["changed while it was read"]);
    }

    [Fact]
    public async Task The_hash_depends_on_names_contents_and_execute_bits_alone()
    {
        Write("a", "1");
        Write("b/c", "2");
        var first = await HashAsync();

        File.SetLastWriteTimeUtc(Path.Combine(Root, "a"), new DateTime(2001, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        File.SetUnixFileMode(Path.Combine(Root, "b/c"), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Write(".git/HEAD", "moves");
        Assert.Equal(first, await HashAsync());
        Assert.Equal(first, await HashAsync(new AddedFile(".kyozo/ca.crt", "x"u8.ToArray(), IsInput: false)));

        Assert.NotEqual(first, await HashAsync(new AddedFile(".kyozo/Dockerfile", "x"u8.ToArray())));
        File.SetUnixFileMode(Path.Combine(Root, "a"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var executable = await HashAsync();
        Assert.NotEqual(first, executable);
        Write("b/c", "3");
        Assert.NotEqual(executable, await HashAsync());
    }

    [Fact]
    public async Task Limits_are_said_with_the_name_of_the_option()
    {
        Write("a", "12345");
        Write("b", "12345");

        Assert.Contains("more than 1 files", Assert.Throws<BuildContextException>(() => ContextFolder.List(Root, DockerIgnore.None, ContextScope.Whole, new() { MaxContextFiles = 1 }, Cancel)).Message);
        var folder = ContextFolder.List(Root, DockerIgnore.None, ContextScope.Whole, new(), Cancel);
        var tooLarge = await Assert.ThrowsAsync<BuildContextException>(() => BuildContext.PackAsync(folder, "", [], _scratch, new() { MaxContextBytes = 7 }, Cancel));
        Assert.Contains("MaxContextBytes", tooLarge.Message);
        Assert.DoesNotContain(Directory.EnumerateFiles(_scratch), _ => true);
    }

    [Fact]
    public async Task Entries_carry_no_owner_and_no_time()
    {
        Write("run.sh", "1");
        File.SetUnixFileMode(Path.Combine(Root, "run.sh"), UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.SetUser);
        await using var context = await BuildContext.PackAsync(ContextFolder.List(Root, DockerIgnore.None, ContextScope.Whole, new(), Cancel), "app/", [], _scratch, new(), Cancel);

        await using var reader = new TarReader(context.OpenTar(), leaveOpen: true);
        var entry = await reader.GetNextEntryAsync(cancellationToken: Cancel);
        Assert.Equal(("app/run.sh", 0, 0, DateTimeOffset.UnixEpoch, "755"), (entry!.Name, entry.Uid, entry.Gid, entry.ModificationTime, Convert.ToString((int)entry.Mode, 8)));
    }

    public void Dispose() => Directory.Delete(_scratch, recursive: true);

    void Write(string path, string content)
    {
        var full = Path.Combine(Root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, content);
    }

    async Task<string> HashAsync(params AddedFile[] added)
    {
        await using var context = await BuildContext.PackAsync(ContextFolder.List(Root, DockerIgnore.None, ContextScope.Whole, new(), Cancel), "", added, _scratch, new(), Cancel);
        return context.Hash;
    }

    async Task<(List<string> Names, ContextFolder Folder)> PackAsync(string ignore)
    {
        var folder = ContextFolder.List(Root, DockerIgnore.Parse(ignore), ContextScope.Whole, new(), Cancel);
        await using var context = await BuildContext.PackAsync(folder, "", [], _scratch, new(), Cancel);
        await using var reader = new TarReader(context.OpenTar(), leaveOpen: true);
        var names = new List<string>();
        while (await reader.GetNextEntryAsync(cancellationToken: Cancel) is { } entry) names.Add(entry.Name);
        return (names, folder);
    }
}
