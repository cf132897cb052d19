namespace Kyozo.Engine.Folders;

/// <summary>Removes uploads whose process died before it could (F-25).</summary>
public static class StagingSweep
{
    /// <summary>Removes every staged folder that nobody holds; returns how many.</summary>
    public static int Run(string staging) =>
        Directory.Exists(staging) ? Directory.EnumerateFiles(staging, "*" + StagedFolder.LockSuffix).Count(Remove) : 0;

    static bool Remove(string lockFile)
    {
        try
        {
            // Held while it removes, so that two sweeps never meet in one folder.
            using var held = new FileStream(lockFile, FileMode.Open, FileAccess.Write, FileShare.None);
            if (!File.Exists(lockFile)) return false; // Its upload ended between opening and holding.
            var folder = lockFile[..^StagedFolder.LockSuffix.Length];
            if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
            File.Delete(lockFile);
            return true;
        }
        catch (IOException)
        {
            // An upload under way holds it, or another sweep has just removed it.
            return false;
        }
    }
}
