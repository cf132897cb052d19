namespace Kyozo.Engine.Folders;

/// <summary>Extensions in lower case with their dot. A folder of a hundred thousand files has twenty of them: each string is made once and shared.</summary>
static class FileExtension
{
    const int Slots = 256;

    sealed record Known(string Written, string Lower);

    /// <summary>The last one of each slot. Two threads may write the same slot: whichever wins, what is read is checked.</summary>
    static readonly Known?[] Last = new Known?[Slots];

    /// <summary>The extension of a file's name, or empty.</summary>
    public static string Of(string name)
    {
        var dot = name.LastIndexOf('.');
        if (dot < 0 || dot == name.Length - 1) return "";
        var written = name.AsSpan(dot);
        ref var slot = ref Last[((written.Length * 31) + (written[1] * 7) + written[^1]) % Slots];
        if (slot is { } known && written.SequenceEqual(known.Written)) return known.Lower;
        var text = written.ToString();
        slot = new(text, text.ToLowerInvariant());
        return slot.Lower;
    }
}
