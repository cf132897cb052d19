using Kyozo.Data.Deployments;

namespace Kyozo.Engine.Deployments;

/// <summary>Which containers of a service stay, which are started again, which end, and which replicas are made new.</summary>
/// <param name="Keep">Stay in service; those that do not run are in <paramref name="Wake"/> too.</param>
/// <param name="Wake">Of the kept ones: to be started.</param>
/// <param name="Retire">End once the new ones serve.</param>
/// <param name="Missing">Replica numbers to make.</param>
public sealed record RolloutChoice(
    IReadOnlyList<ServiceContainer> Keep, IReadOnlyList<ServiceContainer> Wake, IReadOnlyList<ServiceContainer> Retire, IReadOnlyList<int> Missing)
{
    /// <summary>True when all is as wanted.</summary>
    public bool IsNothing => Wake.Count == 0 && Retire.Count == 0 && Missing.Count == 0;

    /// <summary>Decides. The same specification stays, everything else goes; <paramref name="replaceAll"/> lets nothing stay.</summary>
    public static RolloutChoice Of(IEnumerable<ServiceContainer> current, string specHash, int replicas, bool replaceAll)
    {
        var all = current.OrderBy(c => c.Status is not ContainerStatus.Running).ThenBy(c => c.Replica).ToList();
        var keep = replaceAll ? [] : all.Where(c => c.SpecHash == specHash).Take(replicas).ToList();
        var taken = keep.Select(c => c.Replica).ToHashSet();
        return new(
            keep,
            keep.FindAll(c => c.Status is not ContainerStatus.Running),
            all.FindAll(c => !keep.Contains(c)),
            [.. Enumerable.Range(1, replicas).Where(r => !taken.Contains(r)).Take(replicas - keep.Count)]);
    }
}
