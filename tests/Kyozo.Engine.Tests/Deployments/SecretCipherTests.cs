using System.Security.Cryptography;
using Kyozo.Engine.Secrets;

namespace Kyozo.Engine.Tests.Deployments;

public sealed class SecretCipherTests : IDisposable
{
    readonly string _folder = Directory.CreateTempSubdirectory("kyozo-secrets-").FullName;

    string KeyFile => Path.Combine(_folder, "keys", "secrets.key");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("")]
    [InlineData("s3cret")]
    [InlineData("Größe 🔑")]
    public void What_is_encrypted_comes_back(string value)
    {
        var cipher = SecretCipher.FromFile(KeyFile);

        var stored = cipher.Encrypt(value, "a/TOKEN");

        Assert.Equal(value, SecretCipher.FromFile(KeyFile).Decrypt(stored, "a/TOKEN"));
        Assert.NotEqual(stored, cipher.Encrypt(value, "a/TOKEN"));
    }

    [Fact]
    public void A_value_moved_to_another_row_or_changed_does_not_decrypt()
    {
        var cipher = SecretCipher.FromFile(KeyFile);
        var stored = cipher.Encrypt("s3cret", "a/TOKEN");

        Assert.ThrowsAny<CryptographicException>(() => cipher.Decrypt(stored, "b/TOKEN"));
        stored[^1] ^= 1;
        Assert.ThrowsAny<CryptographicException>(() => cipher.Decrypt(stored, "a/TOKEN"));
        Assert.ThrowsAny<CryptographicException>(() => cipher.Decrypt([1, 2, 3], "a/TOKEN"));
    }

    [Fact]
    public void The_key_file_is_its_owners_alone()
    {
        SecretCipher.FromFile(KeyFile);

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(KeyFile));
        Assert.Equal(32, new FileInfo(KeyFile).Length);
    }

    [Fact]
    public async Task Many_that_start_together_end_with_one_key()
    {
        var ciphers = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(() => SecretCipher.FromFile(KeyFile))));

        Assert.Single(ciphers.Select(c => Convert.ToHexString(c.HashKey)).Distinct());
        Assert.Single(Directory.GetFiles(Path.GetDirectoryName(KeyFile)!));
    }

    [Fact]
    public void A_damaged_key_file_is_said_to_be_one()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(KeyFile)!);
        File.WriteAllText(KeyFile, "short");

        Assert.Contains("damaged", Assert.ThrowsAny<CryptographicException>(() => SecretCipher.FromFile(KeyFile)).Message);
    }

    [Fact]
    public void The_masker_hides_values_also_in_urls_and_leaves_short_words()
    {
        var masker = new SecretMasker(["p@ss/word", "p@ss/word-longer", "app"]);

        Assert.Equal($"{SecretMasker.Mask} {SecretMasker.Mask} db://app:{SecretMasker.Mask}@h", masker.Clean("p@ss/word p@ss/word-longer db://app:p%40ss%2Fword@h"));
    }
}
