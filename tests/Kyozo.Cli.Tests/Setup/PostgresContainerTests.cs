using System.Net;
using System.Net.Sockets;
using Kyozo.Cli.Setup;
using Kyozo.Data;
using Kyozo.Data.Schema;
using Kyozo.Engine.Images;
using Kyozo.Testing;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Kyozo.Cli.Tests.Setup;

/// <summary>The PostgreSQL that <c>kyozo up</c> runs in a container: as closed as the one that runs as a process, and as lasting.</summary>
public sealed class PostgresContainerTests(DockerFixture docker) : IAsyncDisposable
{
    readonly KyozoHome _home = new(Directory.CreateTempSubdirectory("kyozo-contained-").FullName);

    static CancellationToken Token => TestContext.Current.CancellationToken;

    PostgresContainer Container => new(_home, docker.Runtime, TimeProvider.System);

    public async ValueTask DisposeAsync()
    {
        string[] mine = ["--filter", $"label=kyozo.home={_home.Root}", "--quiet"];
        foreach (var (kind, remove) in new[] { ("container", new[] { "--force", "--volumes" }), ("network", []), ("volume", []) })
        {
            var listed = await DockerCli.TryAsync(CancellationToken.None, [kind, "ls", .. kind == "container" ? ["--all"] : Array.Empty<string>(), .. mine]);
            var ids = listed.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
            if (ids.Length > 0) await DockerCli.TryAsync(CancellationToken.None, [kind, "rm", .. remove, .. ids]);
        }

        Directory.Delete(_home.Root, recursive: true);
    }

    [Fact]
    public async Task It_speaks_tls_only_and_shows_nobody_its_password()
    {
        var server = await StartAsync();
        Assert.Equal("on", await AskAsync(server.AdministratorConnection, "SELECT current_setting('ssl')"));
        Assert.Equal("256", await AskAsync(server.AdministratorConnection, "SELECT current_setting('max_locks_per_transaction')"));
        Assert.Equal("pg_stat_statements", await AskAsync(server.AdministratorConnection, "SELECT current_setting('shared_preload_libraries')"));

        var plain = new NpgsqlConnectionStringBuilder(server.AdministratorConnection) { SslMode = SslMode.Disable, Pooling = false };
        var refused = await Assert.ThrowsAsync<PostgresException>(() => AskAsync(plain.ConnectionString, "SELECT 1"));
        Assert.Contains("no encryption", refused.MessageText, StringComparison.Ordinal);

        var password = await File.ReadAllTextAsync(Path.Combine(_home.Root, "keys", "postgres-password"), Token);
        var container = (await DockerCli.RunAsync(Token, "container", "ls", "--filter", $"label=kyozo.home={_home.Root}", "--quiet")).Trim();
        var inspected = await DockerCli.RunAsync(Token, "inspect", container);
        Assert.DoesNotContain(password.Trim(), inspected, StringComparison.Ordinal);
        Assert.Contains("\"HostIp\": \"127.0.0.1\"", inspected, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_written_is_there_after_a_kill_a_stop_and_another_port()
    {
        var server = await StartAsync();
        await AskAsync(server.AdministratorConnection, "CREATE TABLE kept AS SELECT 'here' AS word");
        Assert.False(await server.StartAsync(Token));

        var id = (await DockerCli.RunAsync(Token, "container", "ls", "--filter", $"label=kyozo.home={_home.Root}", "--quiet")).Trim();
        await DockerCli.RunAsync(Token, "kill", id);
        await Eventually.TrueAsync("the killed container is started again", TimeSpan.FromSeconds(30), () => server.StartAgainAsync(Token), Token);
        await server.WaitUntilReadyAsync(Token);
        Assert.Equal("here", await AskAsync(server.AdministratorConnection, "SELECT word FROM kept"));

        await server.StopAsync(Token);
        await File.WriteAllTextAsync(Path.Combine(_home.Root, "postgres", "port"), $"{FreePort()}\n", Token);
        var again = await StartAsync();
        Assert.NotEqual(server.Port, again.Port);
        Assert.Equal("here", await AskAsync(again.AdministratorConnection, "SELECT word FROM kept"));
    }

    [Fact]
    public async Task A_certificate_that_ends_soon_is_renewed_while_it_runs()
    {
        // Made by a clock that is behind: what it calls new has few weeks left.
        var server = await StartAsync(new Behind(TimeSpan.FromDays(360)));
        new ConnectionFile(server.AdministratorConnection, "", "", "", "", "").Write(_home);
        var before = await File.ReadAllTextAsync(Path.Combine(_home.Root, "postgres", "server.crt"), Token);

        var lines = new List<string>();
        await Container.RenewCertificateAsync(lines.Add, Token);

        Assert.Equal(["The database has a new certificate"], lines);
        var after = await File.ReadAllTextAsync(Path.Combine(_home.Root, "postgres", "server.crt"), Token);
        Assert.NotEqual(before, after);
        Assert.Equal(after, await AskAsync(server.AdministratorConnection, "SELECT pg_read_file('/etc/kyozo/server.crt')"));
        Assert.Equal("1", await AskAsync(server.AdministratorConnection, "SELECT 1"));
    }

    async Task<PostgresContainer> StartAsync(TimeProvider? clock = null)
    {
        var server = new PostgresContainer(_home, docker.Runtime, clock ?? TimeProvider.System);
        await server.PrepareAsync(docker.Services.GetRequiredService<BaseImageStore>(), _ => { }, Token);
        await server.StartAsync(Token);
        await server.WaitUntilReadyAsync(Token);
        return server;
    }

    static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    static async Task<string> AskAsync(string connectionString, string sql)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false }.ConnectionString);
        await connection.OpenAsync(Token);
        await using var command = new NpgsqlCommand(sql, connection);
        return $"{await command.ExecuteScalarAsync(Token)}";
    }
}
