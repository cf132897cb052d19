namespace Kyozo.Engine.Folders;

/// <summary>How much an upload may hold (configuration section <c>Kyozo:Upload</c>). Counted while it streams, never believed from a header.</summary>
public sealed class ArchiveLimits
{
    /// <summary>Size of what is sent.</summary>
    public long ReceivedBytes { get; set; } = 1L << 30;

    /// <summary>Size of all files together once unpacked.</summary>
    public long UnpackedBytes { get; set; } = 4L << 30;

    /// <summary>Files and folders.</summary>
    public int Entries { get; set; } = 100_000;

    /// <summary>Unpacked size ÷ packed size, counted from <see cref="RatioFromBytes"/> on.</summary>
    public int Ratio { get; set; } = 100;

    /// <summary>Below this unpacked size the ratio does not matter: a few zeros pack well.</summary>
    public long RatioFromBytes { get; set; } = 64L << 20;

    /// <summary>Space that stays free on the disk.</summary>
    public long ReserveBytes { get; set; } = 512L << 20;
}
