using Kyozo.Engine.Containers;
using Kyozo.Testing;

namespace Kyozo.Engine.Tests.Containers;

public sealed class DockerLogTests(DockerFixture docker)
{
    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Lines_come_in_order_with_their_stream_and_time()
    {
        var id = await RunAsync("lines", "echo one; sleep 0.01; echo two >&2; sleep 0.01; printf 'no end'");

        var lines = await ReadAsync(id, new());

        Assert.Equal([("one", false), ("two", true), ("no end", false)], lines.OrderBy(line => line.At).Select(line => (line.Text, line.IsError)));
        Assert.All(lines, line => Assert.InRange(TimeProvider.System.GetUtcNow() - line.At, TimeSpan.FromSeconds(-5), TimeSpan.FromMinutes(5)));
    }

    [Fact]
    public async Task A_line_of_40_KB_is_one_line_and_of_100_KB_is_cut_at_64()
    {
        var id = await RunAsync("long", "head -c 40000 /dev/zero | tr '\\0' a; echo; head -c 100000 /dev/zero | tr '\\0' b; echo; head -c 16384 /dev/zero | tr '\\0' c; echo; echo end");

        var lines = await ReadAsync(id, new());

        Assert.Equal([new string('a', 40_000), new string('b', 65_536), new string('c', 16_384), "end"], lines.Select(line => line.Text));
    }

    [Fact]
    public async Task A_NUL_is_replaced()
    {
        var id = await RunAsync("nul", "printf 'a\\0b\\n'");

        Assert.Equal("a\uFFFDb", Assert.Single(await ReadAsync(id, new())).Text);
    }

    [Fact]
    public async Task Only_the_end_and_only_what_is_new()
    {
        var id = await RunAsync("tail", "for i in 1 2 3 4 5; do echo $i; done");

        var last = await ReadAsync(id, new() { Tail = 2 });
        Assert.Equal(["4", "5"], last.Select(line => line.Text));
        Assert.Empty(await ReadAsync(id, new() { Since = last[1].At.AddSeconds(1) }));
    }

    [Fact]
    public async Task Followed_output_goes_on_until_the_reader_leaves()
    {
        var id = await docker.StartAsync(await docker.SpecAsync("follow", ["sh", "-c", "i=0; while :; do i=$((i+1)); echo $i; sleep 0.05; done"], Cancel), Cancel);

        var seen = new List<string>();
        await foreach (var line in docker.Runtime.ReadLogsAsync(id, new() { Follow = true }, Cancel))
        {
            seen.Add(line.Text);
            if (seen.Count == 10) break;
        }

        Assert.Equal(Enumerable.Range(1, 10).Select(i => $"{i}"), seen);
    }

    [Fact]
    public async Task No_container_has_no_log() =>
        await Assert.ThrowsAsync<ContainerNotFoundException>(() => ReadAsync("kyozo-test-nothing", new()));

    async Task<string> RunAsync(string purpose, string script)
    {
        var image = await docker.BaseImageAsync(Cancel);
        // Ends by itself: the policy would start it again and again, docker's own command line does not.
        var id = await DockerCli.RunAsync(Cancel, "run", "--detach", "--label", $"kyozo.test-run={docker.RunId}", "--network", "none", image, "sh", "-c", script);
        await DockerCli.RunAsync(Cancel, "wait", id);
        return id;
    }

    async Task<List<LogLine>> ReadAsync(string id, LogQuery query)
    {
        var lines = new List<LogLine>();
        await foreach (var line in docker.Runtime.ReadLogsAsync(id, query, Cancel)) lines.Add(line);
        return lines;
    }
}
