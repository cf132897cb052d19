namespace Kyozo.Engine.Topology;

/// <summary>What somebody probably meant.</summary>
static class NearestWord
{
    /// <summary>The known word that differs in the fewest letters, or null when none is near.</summary>
    public static string? Of(string word, IReadOnlyList<string> known)
    {
        if (word.Length > 60) return null;
        var (nearest, least) = ((string?)null, Math.Max(1, word.Length / 3) + 1);
        foreach (var one in known)
        {
            var distance = Distance(Slug.Key(word), Slug.Key(one));
            if (distance < least) (nearest, least) = (one, distance);
        }
        return nearest;
    }

    static int Distance(string one, string other)
    {
        var (before, last, row) = (new int[other.Length + 1], Enumerable.Range(0, other.Length + 1).ToArray(), new int[other.Length + 1]);
        for (var i = 1; i <= one.Length; i++)
        {
            row[0] = i;
            for (var j = 1; j <= other.Length; j++)
            {
                row[j] = Math.Min(Math.Min(last[j], row[j - 1]) + 1, last[j - 1] + (one[i - 1] == other[j - 1] ? 0 : 1));
                // Two letters that changed places are one mistake.
                if (i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1]) row[j] = Math.Min(row[j], before[j - 2] + 1);
            }
            (before, last, row) = (last, row, before);
        }
        return last[^1];
    }
}
