namespace Kyozo.Cli.Supervision;

/// <summary>Files that only their owner may read.</summary>
static class PrivateFile
{
    /// <summary>Replaces a file in one step; at no moment can anybody else read it.</summary>
    public static void Write(string file, ReadOnlySpan<byte> content)
    {
        var next = file + ".next";
        File.Delete(next);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var stream = new FileStream(next, options)) stream.Write(content);
        File.Move(next, file, overwrite: true);
    }
}
