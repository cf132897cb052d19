using Kyozo.Testing;

namespace Kyozo.Worker.Tests.Faults;

/// <summary>A disk of its own in memory, small enough to be filled; needs the right to mount.</summary>
sealed class SmallDisk : IAsyncDisposable
{
    const string Filling = "filling";

    SmallDisk(string folder) => Folder = folder;

    public string Folder { get; }

    public static async Task<SmallDisk> MountAsync(int megabytes, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("kyozo-disk-").FullName;
        (await Command.RunAsync("mount", ["-t", "tmpfs", "-o", $"size={megabytes}m,mode=1777", "kyozo-test", folder], cancellationToken)).Succeeded();
        return new(folder);
    }

    /// <summary>Fills it up to a share in use, or to the last byte.</summary>
    public void Fill(double used)
    {
        var disk = new DriveInfo(Folder);
        var wanted = (long)(used * disk.TotalSize) - (disk.TotalSize - disk.AvailableFreeSpace);
        using var file = new FileStream(Path.Combine(Folder, Filling), FileMode.Append);
        var block = new byte[1 << 16];
        try
        {
            for (; wanted > 0; wanted -= block.Length)
            {
                file.Write(block, 0, (int)Math.Min(block.Length, wanted));
                file.Flush();
            }
        }
        catch (IOException) when (used >= 1)
        {
            // To the last byte.
        }
    }

    public void Free() => File.Delete(Path.Combine(Folder, Filling));

    public async ValueTask DisposeAsync()
    {
        (await Command.RunAsync("umount", [Folder], CancellationToken.None)).Succeeded();
        Directory.Delete(Folder);
    }
}
