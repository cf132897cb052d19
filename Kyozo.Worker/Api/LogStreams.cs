using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Kyozo.Data;
using Kyozo.Data.Deployments;
using Kyozo.Data.Permissions;
using Kyozo.Data.WorkerApi;
using Kyozo.Engine.Containers;
using Kyozo.Engine.Secrets;
using Microsoft.EntityFrameworkCore;

namespace Kyozo.Worker.Api;

/// <summary>Log streams: all replicas of a service merged, new ones joined as they come; ended within a second when the right to read is lost (SAFETY A-46).</summary>
sealed class LogStreams(
    IDbContextFactory<KyozoContext> contexts, IContainerRuntime runtime, AccessControl access, SecretStore secrets, KyozoHome home, TimeProvider clock)
{
    static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(500);

    /// <summary>Lines of the service's running containers; with Follow it goes on until cancelled or until the right is gone.</summary>
    public async IAsyncEnumerable<LogFrame> ReadServiceAsync(Actor actor, Guid serviceId, LogQuery query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // Small: a reader that does not keep up slows the engine's stream, not the worker's memory.
        var lines = Channel.CreateBounded<LogFrame>(256);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var masker = await secrets.MaskerAsync(serviceId, cancellationToken);
        var denied = new StrongBox<bool>();
        var pumping = PumpAllAsync(actor, serviceId, query, masker, lines.Writer, denied, stop.Token);
        try
        {
            await foreach (var frame in lines.Reader.ReadAllAsync(cancellationToken))
            {
                // What is still under way is not shown any more.
                if (denied.Value) break;
                yield return frame;
            }

            if (denied.Value) yield return new(null, Missing: "view_logs");
        }
        finally
        {
            await stop.CancelAsync();
            await pumping;
        }
    }

    /// <summary>The stored build log of one service in one deployment; empty when nothing was built.</summary>
    public async IAsyncEnumerable<LogFrame> ReadBuildAsync(Guid deploymentId, Guid serviceId, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var file = new FileInfo(Path.Combine(home.BuildLogs, deploymentId.ToString(), $"{serviceId}.log"));
        if (!file.Exists) yield break;

        var at = new DateTimeOffset(file.LastWriteTimeUtc, TimeSpan.Zero);
        var masker = await secrets.MaskerAsync(serviceId, cancellationToken);
        using var reader = new StreamReader(new FileStream(file.FullName, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
        while (await reader.ReadLineAsync(cancellationToken) is { } text) yield return new(new(at, false, masker.Clean(text), null));
    }

    async Task PumpAllAsync(
        Actor actor, Guid serviceId, LogQuery query, SecretMasker masker, ChannelWriter<LogFrame> lines, StrongBox<bool> denied, CancellationToken cancellationToken)
    {
        var pumps = new Dictionary<string, Pump>();
        using var replicas = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            var first = true;
            do
            {
                foreach (var container in await ContainersAsync(actor.TeamId, serviceId, cancellationToken))
                {
                    var before = pumps.GetValueOrDefault(container.Id);
                    if (before is not null && (!before.Ended || !container.Running)) continue;

                    // A replica that came later is read from its start, one that was started again from where it stopped.
                    var from = first ? query : query with { Tail = null, Since = before?.LastAt?.AddTicks(1) };
                    pumps[container.Id] = new(container, runtime.ReadLogsAsync(container.Id, from, replicas.Token), masker, lines, clock, replicas.Token);
                }

                if (!query.Follow) return;
                first = false;
                await Task.Delay(LookAgain, clock, cancellationToken);
            }
            while (await access.AllowsAsync(actor, AccessAction.ViewLogs, AccessTarget.Service(serviceId), cancellationToken));

            denied.Value = true;
            await replicas.CancelAsync();
        }
        catch (OperationCanceledException)
        {
            // The reader left; the pumps follow.
        }
        finally
        {
            await Task.WhenAll(pumps.Values.Select(p => p.Done));
            lines.TryComplete();
        }
    }

    async Task<IEnumerable<Replica>> ContainersAsync(Guid teamId, Guid serviceId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var rows = await db.ServiceContainers.AsNoTracking()
            .Where(c => c.TeamId == teamId && c.ServiceInstanceId == serviceId && c.RemovedAt == null && c.ContainerId != null)
            .OrderByDescending(c => c.CreatedAt)
            .Select(c => new { c.ContainerId, c.Replica, c.Status })
            .ToListAsync(cancellationToken);

        // The running ones; when none runs the newest, which tells why.
        var running = rows.Where(c => c.Status is ContainerStatus.Running).ToList();
        return (running.Count > 0 ? running : rows.Take(1)).Select(c => new Replica(c.ContainerId!, c.Replica, c.Status is ContainerStatus.Running));
    }

    sealed record Replica(string Id, int Number, bool Running);

    /// <summary>Carries one container's lines over until they end.</summary>
    sealed class Pump
    {
        readonly Replica _replica;

        public Pump(Replica replica, IAsyncEnumerable<LogLine> source, SecretMasker masker, ChannelWriter<LogFrame> lines, TimeProvider clock, CancellationToken cancellationToken)
        {
            _replica = replica;
            Done = RunAsync(source, masker, lines, clock, cancellationToken);
        }

        public Task Done { get; }

        public bool Ended => Done.IsCompleted;

        public DateTimeOffset? LastAt { get; private set; }

        async Task RunAsync(IAsyncEnumerable<LogLine> source, SecretMasker masker, ChannelWriter<LogFrame> lines, TimeProvider clock, CancellationToken cancellationToken)
        {
            try
            {
                await foreach (var line in source.WithCancellation(cancellationToken))
                {
                    LastAt = line.At;
                    await lines.WriteAsync(new(new(line.At, line.IsError, masker.Clean(line.Text), _replica.Number)), cancellationToken);
                }
            }
            catch (Exception e) when (e is OperationCanceledException or ContainerNotFoundException)
            {
                // Not read any longer, or the container has made room for its successor.
            }
            catch (EngineUnavailableException e)
            {
                lines.TryWrite(new(new(clock.GetUtcNow(), true, $"[kyozo] The log of replica {_replica.Number} broke off: {e.Message}", _replica.Number)));
            }
        }
    }
}
