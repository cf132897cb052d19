using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Docker.DotNet.Models;

namespace Kyozo.Engine.Containers.Docker;

/// <summary>The engine's event stream, containers only.</summary>
sealed class DockerEvents(DockerCalls calls)
{
    public async IAsyncEnumerable<ContainerEvent> WatchAsync(
        IReadOnlyDictionary<string, string> labels, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var filters = DockerCalls.LabelFilter(labels);
        filters["type"] = new Dictionary<string, bool> { ["container"] = true };
        var events = Channel.CreateUnbounded<ContainerEvent>();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var pump = PumpAsync(new() { Filters = filters }, events.Writer, stop.Token);
        try
        {
            await foreach (var e in events.Reader.ReadAllAsync(cancellationToken)) yield return e;
        }
        finally
        {
            await stop.CancelAsync();
            await pump;
        }

        // The stream never ends by itself: the engine has gone away.
        cancellationToken.ThrowIfCancellationRequested();
        throw new EngineUnavailableException("The container engine's event stream has ended.");
    }

    /// <summary>Ends the channel, with the reason when it broke; never throws.</summary>
    async Task PumpAsync(ContainerEventsParameters parameters, ChannelWriter<ContainerEvent> events, CancellationToken cancellationToken)
    {
        try
        {
            await calls.RunAsync(Timeout.InfiniteTimeSpan, (docker, token) => docker.System.MonitorEventsAsync(
                parameters, new InOrder<Message>(message => events.TryWrite(EventFrom(message))), token), cancellationToken);
            events.TryComplete();
        }
        catch (Exception broken)
        {
            events.TryComplete(broken);
        }
    }

    ContainerEvent EventFrom(Message message)
    {
        var at = message.TimeNano is { } nano ? DateTimeOffset.UnixEpoch.AddTicks(nano / 100) : calls.Clock.GetUtcNow();
        return new(at, message.Actor.ID, message.Action, new Dictionary<string, string>(message.Actor.Attributes ?? new Dictionary<string, string>()));
    }
}
