namespace Kyozo.Engine.Folders;

/// <summary>Files that Kyozo keeps for itself: readable by this user alone, believed only when nobody else may write them. A file that cannot be read or written is none.</summary>
static class OwnFile
{
    /// <summary>All of it; null when it is missing, larger than that, no regular file or another owner's.</summary>
    public static byte[]? Read(string path, long maxBytes)
    {
        try
        {
            var (handle, _) = RegularFile.Open(path);
            if (handle is null) return null;
            using (handle)
            {
                if (!RegularFile.IsOwn(path)) return null;
                var length = RandomAccess.GetLength(handle);
                if (length > maxBytes) return null;
                var bytes = GC.AllocateUninitializedArray<byte>((int)length);
                var count = 0;
                while (count < bytes.Length && RandomAccess.Read(handle, bytes.AsSpan(count), count) is > 0 and var read) count += read;
                return count == bytes.Length ? bytes : null;
            }
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }

    /// <summary>Written beside and renamed, so that nobody reads half of one.</summary>
    public static void Write(string path, params ReadOnlySpan<byte[]> parts)
    {
        var beside = $"{path}.{Environment.ProcessId}.new";
        try
        {
            var folder = Path.GetDirectoryName(path)!;
            if (OperatingSystem.IsWindows()) Directory.CreateDirectory(folder);
            else Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            using (var stream = new FileStream(beside, options))
            {
                foreach (var part in parts) stream.Write(part);
            }
            File.Move(beside, path, overwrite: true);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            File.Delete(beside);
        }
    }
}
