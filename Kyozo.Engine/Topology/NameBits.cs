namespace Kyozo.Engine.Topology;

/// <summary>
/// A quick no to "is there a file of this name": detectors ask each folder for some two hundred names and hardly one of them is there.
/// A set bit means perhaps, a bit that is not set means no.
/// </summary>
static class NameBits
{
    /// <summary>A number for a name, different for most names.</summary>
    public static uint Of(ReadOnlySpan<char> name) =>
        name.IsEmpty ? 0 : (uint)((name.Length * 0x9E37) + (name[0] * 0x85EB) + (name[name.Length / 2] * 0xC2B3) + (name[^1] * 0x27D5)) * 0x9E3779B1;

    /// <summary>The one bit of a name among 64.</summary>
    public static ulong Bit(ReadOnlySpan<char> name) => 1UL << (int)(Of(name) >> 26);
}
