using System.Collections.Frozen;
using System.Text.Json;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace Kyozo.Data.Schema;

/// <summary>Words of enum values, for SQL, labels and messages.</summary>
public static class EnumWord
{
    /// <summary>The word under which a value is stored and printed: <c>CrashLooping</c> is <c>crash_looping</c>.</summary>
    public static string Of<T>(T value) where T : struct, Enum => EnumWords<T>.Of(value);
}

/// <summary>The words under which the values of an enum are stored, printed and listed in CHECK constraints: <c>CrashLooping</c> is <c>crash_looping</c>.</summary>
/// <typeparam name="T">The enum.</typeparam>
static class EnumWords<T> where T : struct, Enum
{
    static readonly FrozenDictionary<T, string> Words = Enum.GetValues<T>()
        .ToFrozenDictionary(value => value, value => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString()));

    static readonly FrozenDictionary<string, T> Values = Words.ToFrozenDictionary(pair => pair.Value, pair => pair.Key);

    /// <summary>All words, in the order of the enum.</summary>
    public static IReadOnlyList<string> All { get; } = [.. Enum.GetValues<T>().Select(Of)];

    /// <summary>The word of a value.</summary>
    public static string Of(T value) => Words[value];

    /// <summary>The value of a word.</summary>
    /// <exception cref="FormatException">The word is none of <see cref="All"/>.</exception>
    public static T Parse(string word) =>
        Values.TryGetValue(word, out var value) ? value : throw new FormatException($"'{word}' is not a {typeof(T).Name}.");
}

/// <summary>Stores an enum as its word.</summary>
sealed class EnumWordConverter<T>() : ValueConverter<T, string>(value => EnumWords<T>.Of(value), word => EnumWords<T>.Parse(word))
    where T : struct, Enum;
