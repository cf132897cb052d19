using Kyozo.Data;
using Kyozo.Data.Events;

namespace Kyozo.Engine.Deployments;

/// <summary>What whoever works on containers must have: the right to do so now, and a place to write it down.</summary>
abstract class ContainerJournal(TimeProvider clock)
{
    public DateTimeOffset Now => clock.GetUtcNow();

    /// <summary>The engine worked on.</summary>
    public abstract Guid EngineId { get; }

    /// <summary>Fencing number of containers made now.</summary>
    public abstract long Epoch { get; }

    /// <summary>To be called before anything is done to the engine, which cannot check the right itself.</summary>
    /// <exception cref="Data.Deployments.LeaseLostException">The right is lost.</exception>
    public abstract void Demand();

    /// <summary>One transaction that first proves the right, with its events.</summary>
    /// <exception cref="Data.Deployments.LeaseLostException">Nothing was written.</exception>
    public abstract Task WriteAsync(Func<KyozoContext, Task> change, IReadOnlyList<NewEvent> newEvents, CancellationToken cancellationToken);
}
