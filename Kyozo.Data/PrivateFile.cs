using System.Security.Cryptography;
using System.Text;

namespace Kyozo.Data;

/// <summary>Files of an installation that only their owner can read (0600): keys, passwords, connection strings.</summary>
public static class PrivateFile
{
    const string Letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

    /// <summary>Writes a file whole or not at all; nobody else can read it at any moment.</summary>
    public static void Write(string path, string content)
    {
        var aside = WriteAside(path, Encoding.UTF8.GetBytes(content));
        File.Move(aside, path, overwrite: true);
    }

    /// <summary>The file's bytes, made at the first use. Two processes that start together end with one content, and a crash leaves no half of one.</summary>
    public static byte[] ReadOrCreate(string path, Func<byte[]> create)
    {
        if (!File.Exists(path))
        {
            var aside = WriteAside(path, create());
            try
            {
                File.Move(aside, path, overwrite: false);
            }
            catch (IOException) when (File.Exists(path))
            {
                File.Delete(aside);
            }
        }

        return File.ReadAllBytes(path);
    }

    /// <summary>The key in the file, made at the first use.</summary>
    /// <param name="path">The file.</param>
    /// <param name="bytes">Length of the key.</param>
    /// <exception cref="CryptographicException">The file has another length.</exception>
    public static byte[] ReadOrCreateKey(string path, int bytes)
    {
        var key = ReadOrCreate(path, () => RandomNumberGenerator.GetBytes(bytes));
        return key.Length == bytes ? key : throw new CryptographicException($"The key in {path} has {key.Length} bytes instead of {bytes}: the file is damaged. Bring it back from where you keep its copy.");
    }

    /// <summary>The password in the file, made at the first use: 32 letters and digits, 190 bits.</summary>
    public static string ReadOrCreatePassword(string path) =>
        Encoding.UTF8.GetString(ReadOrCreate(path, () => Encoding.UTF8.GetBytes(RandomNumberGenerator.GetString(Letters, 32) + "\n"))).Trim();

    static string WriteAside(string path, byte[] content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var aside = $"{path}.{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(6))}";
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using var file = new FileStream(aside, options);
        file.Write(content);
        file.Flush(flushToDisk: true);
        return aside;
    }
}
