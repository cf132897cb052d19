using Kyozo.Data.Permissions;
using Kyozo.Data.Topology;
using Kyozo.Engine.Deployments;
using Kyozo.Engine.Secrets;
using Kyozo.Testing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Kyozo.Engine.Tests.Deployments;

public sealed class SecretStoreTests(DockerFixture docker, PostgresFixture postgres)
{
    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_secret_is_written_read_by_the_worker_masked_and_removed_and_the_trail_names_it_without_its_value()
    {
        await using var bench = await DeploymentBench.StartAsync(docker, postgres, Cancellation);
        var web = await bench.WebAsync("web", Cancellation);
        var store = bench.Worker().GetRequiredService<SecretStore>();

        await store.WriteAsync(bench.Owner, web.Id, "TOKEN", "tea-4-two", Cancellation);
        await store.WriteAsync(bench.Owner, web.Id, "TOKEN", "tea-4-three", Cancellation);

        Assert.Equal("tea-4-three", (await store.ReadAsync(bench.Workspace.Id, Cancellation))[web.Id]["TOKEN"]);
        Assert.Equal($"token is {SecretMasker.Mask}", (await store.MaskerAsync(web.Id, Cancellation)).Clean("token is tea-4-three"));
        await using var db = bench.Database.OpenAsAdmin();
        Assert.DoesNotContain("tea-4", await db.Database.SqlQuery<string>($"SELECT coalesce(string_agg(event_data::text, ''), '') AS \"Value\" FROM deployment_events").SingleAsync(Cancellation));
        Assert.DoesNotContain("tea-4", System.Text.Encoding.UTF8.GetString((await db.Secrets.SingleAsync(Cancellation)).Ciphertext));

        await store.WriteAsync(bench.Owner, web.Id, "TOKEN", null, Cancellation);
        Assert.Empty(await store.ReadAsync(bench.Workspace.Id, Cancellation));
    }

    [Fact]
    public async Task A_service_of_another_team_is_not_there()
    {
        await using var bench = await DeploymentBench.StartAsync(docker, postgres, Cancellation);
        var web = await bench.WebAsync("web", Cancellation);

        await Assert.ThrowsAsync<AccessDeniedException>(() => bench.Worker().GetRequiredService<SecretStore>().WriteAsync(new(bench.Owner.UserId, A.Id()), web.Id, "TOKEN", "x", Cancellation));
    }

    [Fact]
    public async Task The_password_of_a_database_is_made_once_and_reaches_those_who_need_it()
    {
        await using var bench = await DeploymentBench.StartAsync(docker, postgres, Cancellation);
        var web = await bench.WebAsync("web", Cancellation);
        var database = await A.ServiceAsync(bench.Database, bench.Workspace, Cancellation, "postgres", ServiceType.Postgres);
        await A.DependencyAsync(bench.Database, web, database, Cancellation);
        await bench.Database.ExecuteAsync("UPDATE service_dependencies SET env_variable = 'DATABASE_URL'", Cancellation);
        var states = bench.Worker().GetRequiredService<WorkspaceStateReader>();

        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => states.EnsurePasswordsAsync(bench.Workspace.Id, Cancellation)));
        var state = (await states.ReadAsync(bench.Workspace.Id, Cancellation))!;

        var password = state.Secrets[database.Id][WorkspaceState.GeneratedPassword];
        Assert.Matches("^[A-Za-z0-9]{32}$", password);
        var given = state.Blueprint(state.Services.Single(s => s.Id == web.Id), "image").Environment;
        Assert.Equal($"postgres://app:{password}@postgres:5432/app", given["DATABASE_URL"]);
        Assert.Equal("8000", given["PORT"]);
        Assert.False(given.ContainsKey(WorkspaceState.GeneratedPassword));
        Assert.Equal(password, state.Blueprint(state.Services.Single(s => s.Id == database.Id), "image").Environment["POSTGRES_PASSWORD"]);
    }
}
