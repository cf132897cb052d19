using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Kyozo.Data;
using Kyozo.Data.Events;

namespace Kyozo.Engine.Events;

/// <summary>Signs the anchors of the trail and checks their signatures: HMAC-SHA256 under a key that is in a file and never in the database.</summary>
public sealed class AnchorKey
{
    const int KeyBytes = 32;

    readonly byte[] _key;

    /// <summary>Uses this key of 32 bytes.</summary>
    public AnchorKey(byte[] key) => _key = key;

    /// <summary>The installation's key, made (0600) when it is not there: for the worker, who signs.</summary>
    /// <exception cref="CryptographicException">The file is damaged.</exception>
    public static AnchorKey ReadOrCreate(KyozoHome home) => new(PrivateFile.ReadOrCreateKey(home.AnchorKeyFile, KeyBytes));

    /// <summary>The installation's key, or null when this machine or this user does not have it: for whoever only checks.</summary>
    /// <exception cref="CryptographicException">The file is damaged.</exception>
    public static AnchorKey? TryRead(KyozoHome home)
    {
        try
        {
            return File.Exists(home.AnchorKeyFile) ? ReadOrCreate(home) : null;
        }
        catch (UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>The signature over everything in the anchor but the signature.</summary>
    public byte[] Sign(AuditAnchor anchor) => HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes(Text(anchor)));

    /// <summary>True when the anchor is as it was signed.</summary>
    public bool HasSigned(AuditAnchor anchor) => CryptographicOperations.FixedTimeEquals(Sign(anchor), anchor.Signature);

    static string Text(AuditAnchor anchor) => string.Join('\n',
        "kyozo anchor 1",
        anchor.Number.ToString(CultureInfo.InvariantCulture),
        anchor.TeamId.ToString(),
        anchor.ServiceInstanceId?.ToString() ?? "-",
        anchor.FromSequenceNum.ToString(CultureInfo.InvariantCulture),
        anchor.SequenceNum.ToString(CultureInfo.InvariantCulture),
        Moment(anchor.LastOccurredAt),
        Convert.ToHexStringLower(anchor.Hash),
        Convert.ToHexStringLower(anchor.Marks),
        Moment(anchor.AnchoredAt),
        Convert.ToHexStringLower(anchor.PreviousSignature));

    static string Moment(DateTimeOffset at) => (at.UtcTicks - DateTimeOffset.UnixEpoch.Ticks).ToString(CultureInfo.InvariantCulture);
}
