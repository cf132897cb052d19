namespace Kyozo.Engine.Folders;

/// <summary>Removes uploads whose process died before it could (F-25).</summary>
public static class StagingSweep
{
    /// <summary>Removes every staged folder that nobody holds; returns how many.</summary>
    public static int Run(string staging)
    {
        if (!Directory.Exists(staging)) return 0;
        return Directory.EnumerateDirectories(staging).Count(folder =>
        {
            if (IsHeld(folder)) return false;
            Directory.Delete(folder, recursive: true);
            return true;
        });
    }

    // A lock file that can be opened belongs to nobody; one that is not there belongs to a folder made this moment, or half removed.
    static bool IsHeld(string folder)
    {
        try
        {
            using var held = new FileStream(StagedFolder.LockFile(folder), FileMode.Open, FileAccess.Write, FileShare.None);
            return false;
        }
        catch (FileNotFoundException)
        {
            return Directory.GetFileSystemEntries(folder).Length == 0;
        }
        catch (IOException)
        {
            return true;
        }
    }
}
