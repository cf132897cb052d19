using Kyozo.Data.Topology;
using Kyozo.Engine.Images;
using Kyozo.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Kyozo.Engine.Tests.Images;

/// <summary>The databases of air-gapped mode, run as a deployment runs them: own user, no capability, a volume.</summary>
public sealed class BackingImageTests(DockerFixture docker)
{
    static readonly BackingCredentials Account = new("shop", "S3cretPassw0rd", "shopdb");
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Each command of RabbitMQ starts a virtual machine of its own.</summary>
    static readonly TimeSpan LongPatience = TimeSpan.FromSeconds(60);

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task PostgreSQL_makes_its_database_keeps_it_and_asks_for_the_password()
    {
        var id = await StartAsync(ServiceType.Postgres);
        Assert.Equal(0, (await SqlAsync(id, Account.Password, "CREATE TABLE kept (x int); INSERT INTO kept VALUES (42)")).ExitCode);
        Assert.NotEqual(0, (await SqlAsync(id, "wrong", "SELECT 1")).ExitCode);
        Assert.Contains("Uid:\t999", await DockerCli.RunAsync(Cancel, "exec", id, "cat", "/proc/1/status"));

        await docker.Runtime.StopContainerAsync(id, TimeSpan.FromSeconds(20), Cancel);
        await docker.Runtime.RemoveContainerAsync(id, Cancel);
        var again = await StartAsync(ServiceType.Postgres);

        var kept = await SqlAsync(again, Account.Password, "SELECT x, current_setting('password_encryption') FROM kept");
        Assert.Equal("42|scram-sha-256\n", kept.Output);
    }

    [Fact]
    public async Task Redis_keeps_what_it_was_given_and_asks_for_the_password()
    {
        var id = await StartAsync(ServiceType.Redis);
        Assert.Equal("OK\n", (await docker.Runtime.ExecAsync(id, ["redis-cli", "set", "kept", "42"], Patience, Cancel)).Output);
        Assert.NotEqual(0, (await docker.Runtime.ExecAsync(id, ["env", "-u", "REDISCLI_AUTH", "redis-cli", "-e", "get", "kept"], Patience, Cancel)).ExitCode);
        Assert.Contains("Uid:\t999", await DockerCli.RunAsync(Cancel, "exec", id, "cat", "/proc/1/status"));

        await docker.Runtime.StopContainerAsync(id, TimeSpan.FromSeconds(20), Cancel);
        await docker.Runtime.RemoveContainerAsync(id, Cancel);
        var again = await StartAsync(ServiceType.Redis);

        Assert.Equal("42\n", (await docker.Runtime.ExecAsync(again, ["redis-cli", "get", "kept"], Patience, Cancel)).Output);
    }

    [Fact]
    public async Task MariaDB_makes_its_database_keeps_it_and_asks_for_the_password()
    {
        string[] client = ["mariadb", "--protocol=tcp", "-h", "127.0.0.1", "-u", Account.User, "-N", "-e"];
        var id = await StartAsync(ServiceType.Mariadb);
        Assert.Equal(0, (await docker.Runtime.ExecAsync(id, [.. client, "CREATE TABLE shopdb.kept (x int); INSERT INTO shopdb.kept VALUES (42)"], Patience, Cancel)).ExitCode);
        Assert.NotEqual(0, (await docker.Runtime.ExecAsync(id, ["env", "MYSQL_PWD=wrong", .. client, "SELECT 1"], Patience, Cancel)).ExitCode);
        Assert.NotEqual(0, (await docker.Runtime.ExecAsync(id, [.. client, "CREATE DATABASE others"], Patience, Cancel)).ExitCode);
        Assert.Contains("Uid:\t999", await DockerCli.RunAsync(Cancel, "exec", id, "cat", "/proc/1/status"));

        await docker.Runtime.StopContainerAsync(id, TimeSpan.FromSeconds(20), Cancel);
        await docker.Runtime.RemoveContainerAsync(id, Cancel);
        var again = await StartAsync(ServiceType.Mariadb);

        Assert.Equal("42\n", (await docker.Runtime.ExecAsync(again, [.. client, "SELECT x FROM shopdb.kept"], Patience, Cancel)).Output);
    }

    [Fact]
    public async Task RabbitMQ_keeps_what_it_was_given_and_knows_its_account()
    {
        var id = await StartAsync(ServiceType.Rabbitmq);
        Assert.Contains("Success", (await docker.Runtime.ExecAsync(id, ["rabbitmqctl", "authenticate_user", Account.User, Account.Password], LongPatience, Cancel)).Output, StringComparison.Ordinal);
        Assert.Equal(0, (await docker.Runtime.ExecAsync(id, ["rabbitmqctl", "add_vhost", "kept"], LongPatience, Cancel)).ExitCode);

        await docker.Runtime.StopContainerAsync(id, TimeSpan.FromSeconds(20), Cancel);
        await docker.Runtime.RemoveContainerAsync(id, Cancel);
        var again = await StartAsync(ServiceType.Rabbitmq);

        Assert.Contains("kept", (await docker.Runtime.ExecAsync(again, ["rabbitmqctl", "-q", "list_vhosts"], LongPatience, Cancel)).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_template_is_filled_and_credentials_do_not_print_themselves()
    {
        var kinds = Enum.GetValues<ServiceType>().Select(BackingImages.Find).OfType<BackingImage>().ToArray();

        Assert.All(kinds, image =>
        {
            Assert.True(BaseImages.All.ContainsKey(image.BaseImage));
            var filled = Account.Expand(image.Command).Concat(Account.Expand(image.HealthCommand)).Concat(Account.Expand(image.Environment).Values);
            Assert.DoesNotContain(filled, text => text.Contains('{', StringComparison.Ordinal));
            Assert.Empty(image.Capabilities);
        });
        Assert.DoesNotContain(Account.Password, Account.ToString());
    }

    async Task<string> StartAsync(ServiceType type)
    {
        var image = BackingImages.Find(type)!;
        var reference = await docker.Services.GetRequiredService<BaseImageStore>().EnsureAsync(image.BaseImage, _ => { }, Cancel);
        var volume = docker.Name($"{image.BaseImage}-data");
        await docker.Runtime.EnsureVolumeAsync(volume, docker.Labels, Cancel);
        var id = await docker.StartAsync(await docker.SpecAsync(image.BaseImage, [.. Account.Expand(image.Command)], Cancel) with
        {
            Image = reference,
            User = image.User,
            Capabilities = image.Capabilities,
            Environment = Account.Expand(image.Environment),
            Volumes = [new(volume, image.DataPath!)],
            MemoryBytes = image.MemoryBytes,
            CpuCores = 2,
            Pids = 128,
        }, Cancel);
        await Eventually.TrueAsync($"{type} is ready", TimeSpan.FromSeconds(60), async () =>
            (await docker.Runtime.ExecAsync(id, Account.Expand(image.HealthCommand), LongPatience, Cancel)).ExitCode == 0, Cancel);
        return id;
    }

    Task<Engine.Containers.ExecResult> SqlAsync(string id, string password, string sql) => docker.Runtime.ExecAsync(
        id, ["env", $"PGPASSWORD={password}", "psql", "-h", "127.0.0.1", "-U", Account.User, "-d", Account.Database, "-v", "ON_ERROR_STOP=1", "-At", "-c", sql], Patience, Cancel);
}
