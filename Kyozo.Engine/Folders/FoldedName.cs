using System.Collections.Frozen;
using System.Globalization;
using System.Text;

namespace Kyozo.Engine.Folders;

/// <summary>
/// Folds file names that some file systems or people take for the same: case, composed and decomposed accents, blanks and dots at the end.
/// <c>string.Normalize</c> does nothing under invariant globalization, which Kyozo runs with, hence a table of its own
/// (canonical decompositions of the Basic Multilingual Plane, from Python's unicodedata).
/// </summary>
static class FoldedName
{
    static readonly FrozenDictionary<char, string> Decompositions = Load();

    /// <summary>The same text for names that must not stand side by side.</summary>
    public static string Of(string segment)
    {
        if (Ascii.IsValid(segment)) return segment.TrimEnd(' ', '.').ToUpperInvariant();

        var text = new StringBuilder(segment.Length + 8);
        foreach (var c in segment)
        {
            if (Decompositions.TryGetValue(c, out var parts)) text.Append(parts);
            else text.Append(c);
        }

        return SortMarks(text).ToString().TrimEnd(' ', '.', '\u00a0').ToUpperInvariant();
    }

    // Marks on one letter may come in any order; one fixed order makes equal what is equal.
    static StringBuilder SortMarks(StringBuilder text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            for (var j = i; j > 0 && IsMark(text[j]) && IsMark(text[j - 1]) && text[j] < text[j - 1]; j--)
                (text[j], text[j - 1]) = (text[j - 1], text[j]);
        }

        return text;
    }

    static bool IsMark(char c) => CharUnicodeInfo.GetUnicodeCategory(c) is UnicodeCategory.NonSpacingMark;

    static FrozenDictionary<char, string> Load()
    {
        using var resource = typeof(FoldedName).Assembly.GetManifestResourceStream("canonical-decompositions.txt")!;
        using var reader = new StreamReader(resource);
        var table = new Dictionary<char, string>();
        while (reader.ReadLine() is { } line)
        {
            // 00E9 0065 0301
            var chars = line.Split(' ').Select(x => (char)ushort.Parse(x, NumberStyles.HexNumber, CultureInfo.InvariantCulture)).ToArray();
            table.Add(chars[0], new(chars[1..]));
        }

        return table.ToFrozenDictionary();
    }
}
