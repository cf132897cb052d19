using System.Security.Cryptography;
using Kyozo.Data;

namespace Kyozo.Engine.Backups;

/// <summary>The key of an installation's backups: 256 bits in a file of its own outside the database. Each backup is encrypted with a key derived from it, so that no two share a nonce.</summary>
public sealed class BackupKey
{
    const int Bytes = 32;

    readonly byte[] _key;

    BackupKey(byte[] key)
    {
        _key = key;
        Id = Convert.ToHexStringLower(HMACSHA256.HashData(key, "kyozo backup key id"u8).AsSpan(0, sizeof(ulong)));
    }

    /// <summary>Names the key without telling it: 16 hexadecimal digits, in every backup's header.</summary>
    public string Id { get; }

    internal ReadOnlySpan<byte> IdBytes => Convert.FromHexString(Id);

    /// <summary>The installation's key, made at the first use (0600).</summary>
    /// <exception cref="CryptographicException">The file is damaged.</exception>
    public static BackupKey Of(KyozoHome home) => new(PrivateFile.ReadOrCreateKey(home.BackupKeyFile, Bytes));

    /// <summary>The key in a file that must be there.</summary>
    /// <exception cref="BackupException">There is none, or it is no key.</exception>
    public static BackupKey Read(string file)
    {
        if (!File.Exists(file)) throw new BackupException($"The backup key {file} is not there. Bring it back from where you keep its copy: without it no backup can be read.");
        var key = File.ReadAllBytes(file);
        return key.Length == Bytes ? new(key) : throw new BackupException($"{file} is no backup key: it has {key.Length} bytes instead of {Bytes}.");
    }

    /// <summary>Key of one backup.</summary>
    internal byte[] Derive(ReadOnlySpan<byte> salt)
    {
        var derived = new byte[Bytes];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, _key, derived, salt, "kyozo backup file 1"u8);
        return derived;
    }
}

/// <summary>A backup cannot be made, read or restored; the message says why and what to do.</summary>
public sealed class BackupException(string message, Exception? inner = null) : Exception(message, inner);
