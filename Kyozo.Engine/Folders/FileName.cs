using System.Text;

namespace Kyozo.Engine.Folders;

/// <summary>
/// A name with what it says: names repeat from folder to folder (index.js, README.md, __init__.py), so each is decoded and judged once and
/// shared by all files that have it.
/// </summary>
sealed class FileName
{
    const int Slots = 1 << 13;

    /// <summary>The last one of each slot. Two threads may write the same slot: whichever wins, what is read is checked.</summary>
    static readonly FileName?[] Last = new FileName?[Slots];

    readonly byte[] _utf8;

    FileName(byte[] utf8, string text) => (_utf8, Text, Extension, Interest) = (utf8, text, Path.GetExtension(text).ToLowerInvariant(), FileInterest.Of(text));

    public string Text { get; }

    /// <summary>In lower case with its dot, or empty.</summary>
    public string Extension { get; }

    /// <summary>What it promises.</summary>
    public FileInterest.Level Interest { get; }

    public static FileName Of(string text) => Of(Encoding.UTF8.GetBytes(text), text);

    /// <param name="utf8">As the kernel gives it; what is no UTF-8 in it is replaced.</param>
    public static FileName Of(ReadOnlySpan<byte> utf8) => Of(utf8, null);

    static FileName Of(ReadOnlySpan<byte> utf8, string? text)
    {
        ref var slot = ref Last[Hash(utf8) & (Slots - 1)];
        if (slot is { } known && utf8.SequenceEqual(known._utf8)) return known;
        return slot = new(utf8.ToArray(), text ?? Encoding.UTF8.GetString(utf8));
    }

    static uint Hash(ReadOnlySpan<byte> utf8)
    {
        var hash = (uint)utf8.Length;
        foreach (var one in utf8) hash = (hash ^ one) * 0x01000193;
        return hash ^ (hash >> 16);
    }
}
