namespace Kyozo.Engine.Deployments;

/// <summary>Small helpers for sentences that people read.</summary>
static class Words
{
    /// <summary>"web", "web and api", "web, api and worker".</summary>
    public static string List(IReadOnlyList<string> names) => names.Count switch
    {
        0 => "",
        1 => names[0],
        _ => $"{string.Join(", ", names.Take(names.Count - 1))} and {names[^1]}",
    };
}
