using Kyozo.Data;
using Kyozo.Data.Deployments;
using Kyozo.Data.Events;
using Kyozo.Data.Permissions;
using Kyozo.Data.Tenancy;
using Kyozo.Engine.DatabaseVolume;
using Kyozo.Engine.Deployments;
using Kyozo.Engine.Metrics;
using Kyozo.Engine.Retention;
using Kyozo.Testing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Kyozo.Worker.Tests.Faults;

/// <summary>The database's disk fills up, is full, and is given room from outside (SAFETY F-32, M35).</summary>
public sealed class FullDiskTests(DockerFixture docker)
{
    static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_filling_disk_gives_alarm_stops_what_can_wait_and_is_survived()
    {
        await using var disk = await SmallDisk.MountAsync(megabytes: 300, Stop);
        await using var server = await OwnServer.StartAsync(Stop, "min_wal_size = 32MB\nmax_wal_size = 48MB\n", disk.Folder);
        await using var worker = WorkerHost.StartWithLoops(server.Database, ("Kyozo:Schedule:StagingSweep", "00:00:01"), ("Kyozo:DatabaseVolume:Interval", "00:00:00.200"));
        var volume = worker.Services.GetRequiredService<DatabaseVolumeState>();
        var collector = worker.Services.GetRequiredService<MetricsCollector>();
        var service = await RunningServiceAsync(server.Database);
        await Faults.JobRanAsync(server.Database, "staging-sweep", DateTimeOffset.MinValue, Stop);
        Assert.NotEqual(0, await collector.CollectAsync(continues: true, Stop));

        await ExpiredDayAsync(server.Database, service.Team, service.Id);

        disk.Fill(0.87);
        await LevelAsync(volume, VolumeLevel.Low);
        await ToldAsync(server.Database, "database_disk_low");
        Assert.NotEqual(0, await collector.CollectAsync(continues: true, Stop));

        disk.Fill(0.93);
        await LevelAsync(volume, VolumeLevel.Full);
        await ToldAsync(server.Database, "database_disk_full");
        Assert.Equal(0, await collector.CollectAsync(continues: true, Stop));
        Assert.NotEqual(0, collector.Dropped);
        var refused = await Assert.ThrowsAsync<DatabaseVolumeFullException>(() => worker.Services.GetRequiredService<IServiceImages>().BuildAsync(null!, null!, _ => { }, Stop));
        Assert.Contains("Builds wait until somebody has made room", refused.Message, StringComparison.Ordinal);
        await TrailAndDeploymentsAreWrittenAsync(worker, server.Database, service.Team, service.Id);

        // A day past its limit goes also now, and its room is there at once.
        Assert.NotEmpty((await worker.Services.GetRequiredService<Archiver>().RunAsync(Stop))!.Dropped);
        await LevelAsync(volume, VolumeLevel.Roomy);
        await ToldAsync(server.Database, "database_disk_roomy");
        Assert.NotEqual(0, await collector.CollectAsync(continues: true, Stop));

        disk.Fill(1);
        await ServerIsDownAsync(server.Database);
        Assert.Equal("true", await DockerCli.RunAsync(Stop, "inspect", "--format", "{{.State.Running}}", service.Container));

        disk.Free();
        await RestartUnlessItCameBackAsync(server);
        var freed = TimeProvider.System.GetUtcNow();
        // Whether the full disk took that it was full, and so tells of its end, is chance.
        await LevelAsync(volume, VolumeLevel.Roomy);
        await Faults.JobRanAsync(server.Database, "staging-sweep", freed, Stop);
        Assert.NotEqual(0, await collector.CollectAsync(continues: true, Stop));
        await TrailAndDeploymentsAreWrittenAsync(worker, server.Database, service.Team, service.Id);
    }

    async Task<(Guid Team, Guid Id, string Container)> RunningServiceAsync(TestDatabase database)
    {
        var service = await A.ServiceAsync(database, await A.WorkspaceAsync(database, await A.TeamAsync(database, Stop), Stop), Stop);
        var id = await docker.StartAsync(await docker.SpecAsync("full-disk", ["sh", "-c", "while :; do sleep 1; done"], Stop), Stop);
        await A.ContainerAsync(database, service, id, Stop);
        return (service.TeamId, service.Id, id);
    }

    static Task LevelAsync(DatabaseVolumeState volume, VolumeLevel level) =>
        Eventually.TrueAsync($"the disk is seen as {level}", Faults.Recovery, () => Task.FromResult(volume.Level == level), Stop);

    static Task ToldAsync(TestDatabase database, string action) =>
        Eventually.TrueAsync($"{action} stands in the trail", Faults.Recovery, () => database.ReadAsync<bool>($"SELECT EXISTS (SELECT FROM audit_events WHERE action = '{action}')", Stop), Stop);

    // Some fifty megabytes: more than what lies between the alarm and the full disk.
    static Task ExpiredDayAsync(TestDatabase database, Guid team, Guid service)
    {
        var day = DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime).AddDays(-20);
        return DayPartitions.FillAsync(
            database, "service_metrics", day,
            into => $"INSERT INTO {into} (id, team_id, service_instance_id, recorded_at, metric_type, value, unit) SELECT gen_random_uuid(), '{team}', '{service}', '{day:yyyy-MM-dd} 12:00+00'::timestamptz + n * interval '1 ms', 'cpu', 0.9, 'ratio' FROM generate_series(1, 150000) n",
            Stop);
    }

    static async Task TrailAndDeploymentsAreWrittenAsync(WorkerHost worker, TestDatabase database, Guid team, Guid service)
    {
        await using var db = await worker.Services.GetRequiredService<IDbContextFactory<KyozoContext>>().CreateDbContextAsync(Stop);
        await worker.Services.GetRequiredService<EventLog>().AppendAsync(db, new NewEvent(team, service, EventType.ServiceRestarted, new { }), Stop);

        var row = new Team { Id = team, Name = "t", Slug = "t" };
        var owner = new Actor((await A.UserAsync(database, row, Stop, TeamRole.Owner)).Id, team);
        await using var portal = database.BuildServices(database.Portal);
        // Of a workspace of its own: the running container is another's.
        var workspace = await A.WorkspaceAsync(database, row, Stop);
        await A.ServiceAsync(database, workspace, Stop);
        var asked = await portal.GetRequiredService<DeploymentQueue>().RequestAsync(owner, workspace.Id, DeploymentKind.Stop, new(), "a test", Stop);
        await Eventually.TrueAsync("the deployment ends", Faults.Recovery, () => database.ReadAsync<bool>($"SELECT finished_at IS NOT NULL FROM deployments WHERE id = '{asked.Id}'", Stop), Stop);
    }

    // The next checkpoint finds no room and takes the server down.
    static Task ServerIsDownAsync(TestDatabase database) =>
        Eventually.TrueAsync("the server is down", Faults.Recovery, async () =>
        {
            try
            {
                await database.ExecuteAsync("CREATE TABLE IF NOT EXISTS filler AS SELECT repeat(md5(random()::text), 100) FROM generate_series(1, 20000); CHECKPOINT", Stop);
                return false;
            }
            catch (Exception e) when (e is Npgsql.NpgsqlException)
            {
                return true;
            }
        }, Stop);

    static async Task RestartUnlessItCameBackAsync(OwnServer server)
    {
        try
        {
            await server.Database.ReadAsync<int>("SELECT 1", Stop);
        }
        catch (Npgsql.NpgsqlException)
        {
            try
            {
                await server.StartAgainAsync(Stop);
            }
            catch (InvalidOperationException)
            {
                // It is in its own crash recovery already.
                await Eventually.TrueAsync("the server answers", Faults.Recovery, async () =>
                {
                    try
                    {
                        return await server.Database.ReadAsync<int>("SELECT 1", Stop) == 1;
                    }
                    catch (Npgsql.NpgsqlException)
                    {
                        return false;
                    }
                }, Stop);
            }
        }
    }
}
