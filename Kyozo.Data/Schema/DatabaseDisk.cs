using Npgsql;

namespace Kyozo.Data.Schema;

/// <summary>Room on the disk that a database lies on.</summary>
/// <param name="FreeBytes">What the server may still take.</param>
/// <param name="TotalBytes">All of it.</param>
public sealed record DiskRoom(long FreeBytes, long TotalBytes)
{
    /// <summary>Share in use, 0..1; of a disk without size 0.</summary>
    public double Used => TotalBytes <= 0 ? 0 : 1 - ((double)FreeBytes / TotalBytes);
}

/// <summary>The disk under the database, as far as this machine can see it.</summary>
public static class DatabaseDisk
{
    /// <summary>The server's data folder, when the server runs on this machine and the connection's role and this process may see it; else null.</summary>
    public static async Task<string?> FindFolderAsync(NpgsqlConnection connection, CancellationToken cancellationToken) =>
        (await LocalServer.FindAsync(connection, cancellationToken))?.DataDirectory;

    /// <summary>Room on the disk of a folder.</summary>
    /// <exception cref="IOException">The folder is not there.</exception>
    public static DiskRoom Read(string folder)
    {
        var (free, total) = new LocalServer(folder).ReadDisk();
        return new(free, total);
    }
}
