using System.Security.Cryptography;
using System.Text;
using Kyozo.Data;

namespace Kyozo.Engine.Secrets;

/// <summary>AES-256-GCM under the worker's key. Each value is bound to where it stands (service and name): moved to another row it does not decrypt.</summary>
public sealed class SecretCipher
{
    const int KeyBytes = 32;
    const int NonceBytes = 12;
    const int TagBytes = 16;

    readonly byte[] _key;

    /// <summary>Uses this key.</summary>
    /// <param name="key">32 bytes.</param>
    public SecretCipher(byte[] key)
    {
        if (key.Length != KeyBytes) throw new CryptographicException($"The key of the secret store has {key.Length} bytes instead of {KeyBytes}: its file is damaged.");
        _key = key;
        HashKey = HKDF.DeriveKey(HashAlgorithmName.SHA256, key, KeyBytes, info: "kyozo spec hash"u8.ToArray());
    }

    /// <summary>Key for hashes over texts that hold secrets, derived from the store's.</summary>
    public byte[] HashKey { get; }

    /// <summary>The cipher of the key in that file, which is made (0600) when it is not there.</summary>
    /// <exception cref="CryptographicException">The file is damaged.</exception>
    public static SecretCipher FromFile(string path) => new(PrivateFile.ReadOrCreateKey(path, KeyBytes));

    /// <summary>Nonce, tag, ciphertext.</summary>
    public byte[] Encrypt(string value, string place)
    {
        var plain = Encoding.UTF8.GetBytes(value);
        var sealedValue = new byte[NonceBytes + TagBytes + plain.Length];
        var nonce = sealedValue.AsSpan(0, NonceBytes);
        RandomNumberGenerator.Fill(nonce);
        using var gcm = new AesGcm(_key, TagBytes);
        gcm.Encrypt(nonce, plain, sealedValue.AsSpan(NonceBytes + TagBytes), sealedValue.AsSpan(NonceBytes, TagBytes), Encoding.UTF8.GetBytes(place));
        return sealedValue;
    }

    /// <summary>The value.</summary>
    /// <exception cref="CryptographicException">Changed, moved, or written under another key.</exception>
    public string Decrypt(byte[] sealedValue, string place)
    {
        if (sealedValue.Length < NonceBytes + TagBytes) throw new CryptographicException("A stored secret is cut off.");
        var plain = new byte[sealedValue.Length - NonceBytes - TagBytes];
        using var gcm = new AesGcm(_key, TagBytes);
        gcm.Decrypt(sealedValue.AsSpan(0, NonceBytes), sealedValue.AsSpan(NonceBytes + TagBytes), sealedValue.AsSpan(NonceBytes, TagBytes), plain, Encoding.UTF8.GetBytes(place));
        return Encoding.UTF8.GetString(plain);
    }
}
