using System.Security.Cryptography;
using System.Text;

namespace Kyozo.Data.Schema;

/// <summary>What PostgreSQL stores of a password. Made here, so that the password itself is in no statement and no server log.</summary>
static class ScramVerifier
{
    const int Iterations = 4096;

    /// <summary>The verifier of RFC 5803 in PostgreSQL's form. Passwords are generated ASCII, so SASLprep changes nothing.</summary>
    public static string Create(string password)
    {
        var salt = RandomNumberGenerator.GetBytes(16);
        var salted = Rfc2898DeriveBytes.Pbkdf2(Encoding.UTF8.GetBytes(password), salt, Iterations, HashAlgorithmName.SHA256, 32);
        var storedKey = SHA256.HashData(HMACSHA256.HashData(salted, "Client Key"u8));
        var serverKey = HMACSHA256.HashData(salted, "Server Key"u8);
        return $"SCRAM-SHA-256${Iterations}:{Convert.ToBase64String(salt)}${Convert.ToBase64String(storedKey)}:{Convert.ToBase64String(serverKey)}";
    }
}
