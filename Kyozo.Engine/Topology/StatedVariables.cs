using System.Text.RegularExpressions;
using Kyozo.Data.Topology;
using Kyozo.Engine.Images;
using Kyozo.Engine.Topology.Compose;

namespace Kyozo.Engine.Topology;

/// <summary>Which values of variables are taken over from files of a folder: plain ones, never secrets, never what an edge gives.</summary>
static partial class StatedVariables
{
    const int MaxValue = 4096, MaxVariables = 200;

    /// <summary>True for an address with a password in it.</summary>
    public static bool HoldsAccount(string value) => Account().IsMatch(value);

    /// <summary>What a compose service states, with the values that may be taken over.</summary>
    /// <param name="service">The service.</param>
    /// <param name="type">What it is made of.</param>
    /// <param name="note">Told why values were left out, by name and never by value.</param>
    public static StatedConfig Of(ComposeService service, ServiceType type, Action<string> note)
    {
        // Kyozo makes the account of a backing service, and its check with it.
        if (BackingImages.Find(type) is { } backing && (backing.NeedsPassword || backing.DefaultUser is not null))
        {
            if (service.Environment.Count > 0) note($"not taken over ({Names(service.Environment.Keys)}): Kyozo makes account and database of a {type.Word()} by itself");
            return service.Stated with { HealthChecks = [], Volumes = [.. service.Stated.Volumes.Where(volume => volume.Path != backing.DataPath)] };
        }

        var values = service.Environment.Where(pair => !string.IsNullOrEmpty(pair.Value.Value) && Variables.IsName(pair.Key)).OrderBy(pair => pair.Key, StringComparer.Ordinal).ToList();
        var secrets = values.Where(pair => Variables.IsSecret(pair.Key) || HoldsAccount(pair.Value.Value!)).Select(pair => pair.Key).ToList();
        var plain = values.Where(pair => !secrets.Contains(pair.Key) && pair.Value.Value!.Length <= MaxValue && !pair.Value.Value.Contains('\0', StringComparison.Ordinal)).Take(MaxVariables).ToList();
        if (secrets.Count > 0) note($"not taken over ({Names(secrets)}): secrets and addresses with a password are set in the service's settings, or given by an edge");
        if (plain.Count + secrets.Count < values.Count) note($"not taken over ({Names(values.Select(pair => pair.Key).Except(secrets).Except(plain.Select(pair => pair.Key)))}): too long, or more than {MaxVariables}");
        return service.Stated with { Environment = plain.ToDictionary(pair => pair.Key, pair => pair.Value.Value!, StringComparer.Ordinal) };
    }

    /// <summary>What is left when edges give the addresses; null when that is nothing.</summary>
    public static StatedConfig? WithoutEdges(StatedConfig stated, IReadOnlySet<string> given)
    {
        var left = stated with { Environment = stated.Environment.Where(pair => !given.Contains(pair.Key)).ToDictionary(StringComparer.Ordinal) };
        return left.IsEmpty ? null : left;
    }

    static string Names(IEnumerable<string> names)
    {
        var all = names.Order(StringComparer.Ordinal).ToList();
        return string.Join(", ", all.Take(6)) + (all.Count > 6 ? $" and {all.Count - 6} more" : "");
    }

    [GeneratedRegex(@"://[^/@\s]*:[^/@\s]+@", RegexOptions.CultureInvariant)]
    private static partial Regex Account();
}
