namespace Kyozo.Engine.Retention;

/// <summary>Something that has to happen whenever events have moved to the archive, such as signing the heads of the trail. Register it in the container; the archiver calls each one.</summary>
public interface IArchivalFollower
{
    /// <summary>Called after the move is committed, while retention still holds its lock. An exception fails the run; it is called again by the next that moves something.</summary>
    /// <param name="partitions">Names of the partitions that moved, at least one.</param>
    /// <param name="cancellationToken">Stops it.</param>
    Task ArchivedAsync(IReadOnlyList<string> partitions, CancellationToken cancellationToken);
}
