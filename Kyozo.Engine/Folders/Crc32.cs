namespace Kyozo.Engine.Folders;

/// <summary>The checksum that zip stores of each file; the library reads it and does not compare it.</summary>
struct Crc32
{
    static readonly uint[] Table = [.. Enumerable.Range(0, 256).Select(i =>
    {
        var value = (uint)i;
        for (var bit = 0; bit < 8; bit++) value = (value & 1) == 0 ? value >> 1 : (value >> 1) ^ 0xEDB88320;
        return value;
    })];

    /// <summary>The checksum of everything added.</summary>
    public uint Value { get; private set; }

    /// <summary>Adds bytes.</summary>
    public void Add(ReadOnlySpan<byte> bytes)
    {
        var crc = ~Value;
        foreach (var b in bytes) crc = (crc >> 8) ^ Table[(byte)crc ^ b];
        Value = ~crc;
    }
}
