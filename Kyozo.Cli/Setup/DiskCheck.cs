using System.Globalization;

namespace Kyozo.Cli.Setup;

/// <summary>Free room on the disk of a folder. Below the limit PostgreSQL and builds fail in ways that are hard to read, so it is said before.</summary>
static class DiskCheck
{
    const string Variable = "KYOZO_MIN_FREE_BYTES";
    const long Usual = 1L << 30;

    /// <summary>What is wrong with the room at a folder (or at the nearest one above that exists), or null.</summary>
    public static string? Problem(string folder)
    {
        var least = long.TryParse(Environment.GetEnvironmentVariable(Variable), CultureInfo.InvariantCulture, out var named) ? named : Usual;
        var existing = folder;
        while (!Directory.Exists(existing)) existing = Path.GetDirectoryName(existing)!;
        var free = new DriveInfo(existing).AvailableFreeSpace;
        return free >= least ? null : $"The disk of {folder} is nearly full: {Size(free)} free, {Size(least)} needed. See what takes the room with: du -xh {existing} | sort -h | tail";
    }

    public static string Size(long bytes) => bytes >= 1L << 30
        ? string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1L << 30):0.0} GiB")
        : string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1L << 20):0} MiB");
}
