using System.Diagnostics;
using Kyozo.Cli.Commands.Database;
using Kyozo.Cli.Setup;
using Kyozo.Data;
using Kyozo.Data.Schema;
using Kyozo.Testing;
using Npgsql;

namespace Kyozo.Cli.Tests.Setup;

/// <summary>The PostgreSQL that <c>kyozo up</c> runs talks to nobody in clear, and nobody else can pass for it.</summary>
public sealed class PostgresTlsTests
{
    static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Clients_without_tls_are_refused_and_another_servers_certificate_too()
    {
        await using var server = await RunningServer.StartAsync();
        await server.ExecuteAsync($"CREATE ROLE {DatabaseRoles.Portal} LOGIN PASSWORD 'secret'");
        var portal = new NpgsqlConnectionStringBuilder(server.Cluster.AdministratorConnection) { Username = DatabaseRoles.Portal, Password = "secret", Pooling = false };
        await ConnectAsync(portal);

        var refused = await Assert.ThrowsAsync<PostgresException>(() => ConnectAsync(new(portal.ConnectionString) { SslMode = SslMode.Disable }));
        Assert.Equal(PostgresErrorCodes.InvalidAuthorizationSpecification, refused.SqlState);
        Assert.Contains("no encryption", refused.MessageText, StringComparison.Ordinal);
        Assert.Equal("t\n", (await PsqlAsync(portal, "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")).Succeeded());

        // Somebody who took the port could have any certificate but one of our authority.
        var foreign = server.FilesIn("foreign");
        PostgresCertificate.Renew(foreign, TimeProvider.System);
        await server.UseCertificateAsync(foreign);
        await Eventually.TrueAsync("the foreign certificate is refused", Soon, async () => await FailsAsync(portal), Token);
        var psql = await PsqlAsync(portal, "SELECT 1");
        Assert.NotEqual(0, psql.ExitCode);
        Assert.Contains("certificate verify failed", psql.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_certificate_that_ends_soon_is_renewed_while_the_server_runs()
    {
        // Made by a clock that is behind: what it calls new has few weeks left.
        await using var server = await RunningServer.StartAsync(new Behind(TimeSpan.FromDays(360)));
        new ConnectionFile(server.Cluster.AdministratorConnection, "", "", "", "", "").Write(server.Home);
        var certificate = Path.Combine(server.Home.Root, "postgres", "data", "server.crt");
        var (before, ca) = (await File.ReadAllTextAsync(certificate, Token), await File.ReadAllTextAsync(server.Files.Ca, Token));
        var lines = new List<string>();

        await server.ClusterAt(TimeProvider.System).RenewCertificateAsync(lines.Add, Token);

        Assert.Equal(["The database has a new certificate"], lines);
        Assert.NotEqual(before, await File.ReadAllTextAsync(certificate, Token));
        Assert.Equal(ca, await File.ReadAllTextAsync(server.Files.Ca, Token));
        await server.ExecuteAsync("SELECT 1");

        await server.ClusterAt(TimeProvider.System).RenewCertificateAsync(lines.Add, Token);
        Assert.Single(lines);
    }

    [Fact]
    public void A_certificate_is_due_when_it_ends_soon_or_does_not_belong_to_its_key_or_authority()
    {
        var folder = Directory.CreateTempSubdirectory("kyozo-certificates-").FullName;
        try
        {
            var (mine, other) = (Files(folder, "mine"), Files(folder, "other"));
            Assert.True(PostgresCertificate.IsDue(mine, TimeProvider.System));
            PostgresCertificate.Renew(mine, TimeProvider.System);
            PostgresCertificate.Renew(other, TimeProvider.System);
            Assert.False(PostgresCertificate.IsDue(mine, TimeProvider.System));
            Assert.True(PostgresCertificate.IsDue(mine, new Behind(TimeSpan.FromDays(-340))));
            Assert.True(PostgresCertificate.IsDue(mine with { ServerKey = other.ServerKey }, TimeProvider.System));
            Assert.True(PostgresCertificate.IsDue(mine with { Ca = other.Ca }, TimeProvider.System));
            if (!OperatingSystem.IsWindows()) Assert.All([mine.CaKey, mine.ServerKey], key => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(key)));

            File.Delete(mine.CaKey);
            PostgresCertificate.Renew(mine, TimeProvider.System);
            Assert.False(PostgresCertificate.IsDue(mine, TimeProvider.System));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    static CertificateFiles Files(string folder, string name) => new(
        Path.Combine(folder, name + "-ca.crt"), Path.Combine(folder, name + "-ca.key"), Path.Combine(folder, name + ".crt"), Path.Combine(folder, name + ".key"));

    static async Task ConnectAsync(NpgsqlConnectionStringBuilder settings)
    {
        await using var connection = new NpgsqlConnection(settings.ConnectionString);
        await connection.OpenAsync(Token);
    }

    static async Task<bool> FailsAsync(NpgsqlConnectionStringBuilder settings)
    {
        try
        {
            await ConnectAsync(settings);
            return false;
        }
        catch (NpgsqlException e)
        {
            return e.InnerException is System.Security.Authentication.AuthenticationException;
        }
    }

    static Task<CommandResult> PsqlAsync(NpgsqlConnectionStringBuilder settings, string sql)
    {
        var start = PsqlStart.Create(settings, asAdministrator: true, ["-X", "-Atc", sql]);
        return Command.RunAsync(start.FileName, start.ArgumentList, Token, start.Environment.AsReadOnly());
    }

    /// <summary>A cluster as <c>up</c> makes and starts it, in a home of its own.</summary>
    sealed class RunningServer : IAsyncDisposable
    {
        readonly Process _process;
        readonly PostgresBinaries _binaries;

        RunningServer(KyozoHome home, PostgresBinaries binaries, PostgresCluster cluster)
        {
            Home = home;
            _binaries = binaries;
            Cluster = cluster;
            _process = Process.Start(cluster.StartInfo())!;
        }

        public KyozoHome Home { get; }

        public PostgresCluster Cluster { get; }

        public CertificateFiles Files => new(Path.Combine(Home.Root, "postgres", "ca.crt"), "", Path.Combine(Home.Root, "postgres", "data", "server.crt"), Path.Combine(Home.Root, "postgres", "data", "server.key"));

        public static async Task<RunningServer> StartAsync(TimeProvider? clock = null)
        {
            // PostgreSQL's own user has to reach it, so it is not one of those folders that only we can open.
            var home = new KyozoHome(Path.Combine(Path.GetTempPath(), $"kyozo-tls-{Path.GetRandomFileName()}"));
            Directory.CreateDirectory(home.Root);
            var binaries = PostgresBinaries.Find(null) ?? throw new InvalidOperationException("PostgreSQL is not installed: apt-get install postgresql");
            var cluster = new PostgresCluster(home, binaries, clock ?? TimeProvider.System);
            await cluster.EnsureInitializedAsync(_ => { }, Token);
            var server = new RunningServer(home, binaries, cluster);
            await cluster.WaitUntilReadyAsync(Token);
            return server;
        }

        /// <summary>The same cluster as it is at another time.</summary>
        public PostgresCluster ClusterAt(TimeProvider clock) => new(Home, _binaries, clock);

        public CertificateFiles FilesIn(string folder) => PostgresTlsTests.Files(Directory.CreateDirectory(Path.Combine(Home.Root, folder)).FullName, "server");

        public async Task ExecuteAsync(string sql)
        {
            await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(Cluster.AdministratorConnection) { Pooling = false }.ConnectionString);
            await connection.OpenAsync(Token);
            await using var command = new NpgsqlCommand(sql, connection);
            await command.ExecuteNonQueryAsync(Token);
        }

        public async Task UseCertificateAsync(CertificateFiles files)
        {
            // Written into the files that are there, which are the server's.
            await File.WriteAllTextAsync(Files.Server, await File.ReadAllTextAsync(files.Server, Token), Token);
            await File.WriteAllTextAsync(Files.ServerKey, await File.ReadAllTextAsync(files.ServerKey, Token), Token);
            await ExecuteAsync("SELECT pg_reload_conf()");
        }

        public async ValueTask DisposeAsync()
        {
            _process.Kill();
            await _process.WaitForExitAsync(CancellationToken.None);
            _process.Dispose();
            await Eventually.TrueAsync("the server's processes are gone", Soon, () => Task.FromResult(TryDelete()), CancellationToken.None);
        }

        bool TryDelete()
        {
            try
            {
                if (Directory.Exists(Home.Root)) Directory.Delete(Home.Root, recursive: true);
                return true;
            }
            catch (IOException)
            {
                return false;
            }
        }
    }
}
