using Kyozo.Data.Deployments;
using Kyozo.Data.ServiceInstances;
using Kyozo.Engine.Containers;
using Kyozo.Engine.Deployments;
using Kyozo.Engine.Reconcile;

namespace Kyozo.Engine.Tests.Deployments;

public sealed class ReconcilePolicyTests
{
    static readonly DateTimeOffset Now = new(2026, 11, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void All_run_is_running_and_needs_nothing()
    {
        var verdict = ReconcilePolicy.Judge(Plans.Service("web", replicas: 2), [Seen(1), Seen(2)]);

        Assert.Equal((ServiceStatus.Running, null), (verdict.Status, verdict.Reason));
        Assert.False(verdict.NeedsRepair);
    }

    [Fact]
    public void Some_run_is_degraded_and_the_rest_is_started_or_made()
    {
        var verdict = ReconcilePolicy.Judge(Plans.Service("web", replicas: 3), [Seen(1), Seen(2, ContainerPhase.Exited, exitCode: 137), Gone(3)]);

        Assert.Equal((ServiceStatus.Degraded, "1 of 3 replicas run: it ended with exit code 137"), (verdict.Status, verdict.Reason));
        Assert.Equal([2], verdict.Start.Select(c => c.Replica));
        Assert.Equal([3], verdict.Missing);
    }

    [Fact]
    public void What_the_engine_is_restarting_itself_is_left_to_it()
    {
        var verdict = ReconcilePolicy.Judge(Plans.Service("web"), [Seen(1, ContainerPhase.Restarting, exitCode: 1)]);

        Assert.Equal(ServiceStatus.Degraded, verdict.Status);
        Assert.False(verdict.NeedsRepair);
    }

    [Fact]
    public void Memory_is_named_as_the_cause() =>
        Assert.Equal("down: it used more memory than its limit", ReconcilePolicy.Judge(Plans.Service("web"), [Seen(1, ContainerPhase.Exited, exitCode: 3, outOfMemory: true)]).Reason);

    [Fact]
    public void A_container_that_was_paused_is_shown_and_not_touched()
    {
        var verdict = ReconcilePolicy.Judge(Plans.Service("web"), [Seen(1, ContainerPhase.Paused)]);

        Assert.Equal("down: it is paused", verdict.Reason);
        Assert.False(verdict.NeedsRepair);
    }

    [Theory]
    [InlineData(false, 1)]
    [InlineData(true, 0)]
    public void What_is_not_wanted_is_stopped(bool wanted, int replicas)
    {
        var verdict = ReconcilePolicy.Judge(Plans.Service("web", replicas, wanted), [Seen(1)]);

        Assert.Equal(ServiceStatus.Stopped, verdict.Status);
        Assert.Single(verdict.Stop);
        Assert.Empty(verdict.Missing);
    }

    [Fact]
    public void Restarts_in_a_row_are_a_loop_until_it_is_calm()
    {
        var memory = new CrashMemory(new() { CrashLoopRestarts = 3, Calm = TimeSpan.FromSeconds(30) });
        var record = Seen(1).Record;

        Assert.False(memory.IsLooping(record, State(ContainerPhase.Running, restarts: 0, started: Now), Now));
        Assert.False(memory.IsLooping(record, State(ContainerPhase.Restarting, restarts: 2, started: Now), Now));
        Assert.True(memory.IsLooping(record, State(ContainerPhase.Restarting, restarts: 3, started: Now), Now));
        Assert.True(memory.IsLooping(record, State(ContainerPhase.Running, restarts: 3, started: Now), Now.AddSeconds(29)));
        Assert.False(memory.IsLooping(record, State(ContainerPhase.Running, restarts: 3, started: Now), Now.AddSeconds(30)));
        Assert.False(memory.IsLooping(record, State(ContainerPhase.Running, restarts: 5, started: Now), Now.AddSeconds(31)));
        Assert.True(memory.IsLooping(record, State(ContainerPhase.Running, restarts: 8, started: Now.AddSeconds(31)), Now.AddSeconds(31)));
    }

    [Fact]
    public void Each_attempt_to_repair_waits_twice_as_long_until_it_has_been_calm()
    {
        var memory = new CrashMemory(new() { RepairDelay = TimeSpan.FromSeconds(4), LongestRepairDelay = TimeSpan.FromSeconds(10) });
        var id = Plans.Id("web");

        Assert.Equal(Now.AddSeconds(4), memory.Due(id, Now));
        memory.Attempted(id, Now);
        Assert.Equal(Now.AddSeconds(8), memory.Due(id, Now));
        memory.Attempted(id, Now);
        Assert.Equal(Now.AddSeconds(10), memory.Due(id, Now));
        memory.Well(id, calm: false);
        Assert.Equal(Now.AddSeconds(10), memory.Due(id, Now));
        memory.Well(id, calm: true);
        Assert.Equal(Now.AddSeconds(4), memory.Due(id, Now));
    }

    [Fact]
    public void The_same_specification_stays_and_everything_else_goes()
    {
        var choice = RolloutChoice.Of([Record(1, "old"), Record(2, "new"), Record(3, "new", ContainerStatus.Exited)], "new", 3, replaceAll: false);

        Assert.Equal([2, 3], choice.Keep.Select(c => c.Replica));
        Assert.Equal([3], choice.Wake.Select(c => c.Replica));
        Assert.Equal([1], choice.Retire.Select(c => c.Replica));
        Assert.Equal([1], choice.Missing);
    }

    [Fact]
    public void Fewer_replicas_keep_those_that_run_and_a_restart_keeps_none()
    {
        ServiceContainer[] current = [Record(1, "new", ContainerStatus.Exited), Record(2, "new"), Record(3, "new")];

        Assert.Equal([2], RolloutChoice.Of(current, "new", 1, replaceAll: false).Keep.Select(c => c.Replica));
        Assert.Empty(RolloutChoice.Of(current, "new", 3, replaceAll: true).Keep);
        Assert.Equal([1, 2, 3], RolloutChoice.Of(current, "new", 3, replaceAll: true).Missing);
    }

    [Fact]
    public void A_container_is_ours_only_when_record_and_labels_agree()
    {
        var record = Record(1, "x");
        var ours = State(ContainerPhase.Running) with { Labels = new Dictionary<string, string> { [KyozoLabels.Service] = record.ServiceInstanceId.ToString(), [KyozoLabels.Epoch] = "1" } };

        Assert.True(Ownership.IsOf(record, ours));
        Assert.False(Ownership.IsOf(record, ours with { Id = "another", Name = record.ContainerName }));
        Assert.False(Ownership.IsOf(record, ours with { Labels = new Dictionary<string, string>() }));
        Assert.False(Ownership.IsOf(record, ours with { Labels = new Dictionary<string, string>(ours.Labels) { [KyozoLabels.Epoch] = "2" } }));
    }

    static ObservedContainer Seen(int replica, ContainerPhase phase = ContainerPhase.Running, int? exitCode = null, bool outOfMemory = false) =>
        new(Record(replica, "x"), State(phase) with { ExitCode = exitCode, OutOfMemory = outOfMemory }, false);

    static ObservedContainer Gone(int replica) => new(Record(replica, "x"), null, false);

    static ContainerState State(ContainerPhase phase, int restarts = 0, DateTimeOffset? started = null) => new()
    {
        Id = "id",
        Name = "name",
        ImageId = "image",
        Labels = new Dictionary<string, string>(),
        Phase = phase,
        RestartCount = restarts,
        StartedAt = started,
    };

    static ServiceContainer Record(int replica, string spec, ContainerStatus status = ContainerStatus.Running) => new()
    {
        Id = Plans.Id($"container-{replica}"),
        TeamId = Guid.Empty,
        ServiceInstanceId = Plans.Id("web"),
        EngineId = Guid.Empty,
        Replica = replica,
        Epoch = 1,
        SpecHash = spec,
        ContainerName = $"web-{replica}",
        ImageId = "image",
        ContainerId = "id",
        Status = status,
        InService = true,
    };
}
