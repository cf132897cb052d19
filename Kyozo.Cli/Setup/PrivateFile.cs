using System.Security.Cryptography;
using System.Text;

namespace Kyozo.Cli.Setup;

/// <summary>Files that only their owner can read (0600).</summary>
static class PrivateFile
{
    const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Writes a file whole or not at all; nobody else can read it at any moment.</summary>
    public static void Write(string file, string content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        var next = file + ".new";
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = OwnerOnly;
        using (var stream = new FileStream(next, options)) stream.Write(Encoding.UTF8.GetBytes(content));
        File.Move(next, file, overwrite: true);
    }

    /// <summary>The file's one line, generated when there is no file: 32 letters and digits, 190 bits.</summary>
    public static string ReadOrGenerate(string file)
    {
        if (!File.Exists(file)) Write(file, RandomNumberGenerator.GetString("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", 32) + "\n");
        return File.ReadAllText(file).Trim();
    }
}
