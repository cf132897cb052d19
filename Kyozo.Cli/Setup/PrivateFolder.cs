namespace Kyozo.Cli.Setup;

/// <summary>Folders that only their owner can look into (0700).</summary>
static class PrivateFolder
{
    const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>Makes the folder unless it is there. What lies above it stays passable.</summary>
    public static void Create(string folder)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(folder)!);
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(folder);
        else Directory.CreateDirectory(folder, OwnerOnly);
    }
}
