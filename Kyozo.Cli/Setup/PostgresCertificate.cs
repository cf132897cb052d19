using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Kyozo.Data;

namespace Kyozo.Cli.Setup;

/// <summary>Where the certificates of our PostgreSQL lie (PEM).</summary>
/// <param name="Ca">The authority's certificate, which our processes trust for the database and for nothing else.</param>
/// <param name="CaKey">Its key (0600), apart from what the server can read.</param>
/// <param name="Server">The server's certificate.</param>
/// <param name="ServerKey">The server's key (0600).</param>
sealed record CertificateFiles(string Ca, string CaKey, string Server, string ServerKey);

/// <summary>The certificate with which our PostgreSQL proves itself to our processes, from an authority of this installation's own. Renewed while the old one is still good, so that nobody is ever refused.</summary>
static class PostgresCertificate
{
    static readonly TimeSpan CaLifetime = TimeSpan.FromDays(20 * 365);
    static readonly TimeSpan Lifetime = TimeSpan.FromDays(397);
    static readonly TimeSpan Ahead = TimeSpan.FromDays(60);

    /// <summary>True when there is none, when it ends within 60 days, when authority and certificate or certificate and key do not belong together.</summary>
    public static bool IsDue(CertificateFiles files, TimeProvider clock)
    {
        try
        {
            using var ca = X509CertificateLoader.LoadCertificateFromFile(files.Ca);
            using var server = X509Certificate2.CreateFromPemFile(files.Server, files.ServerKey);
            using var chain = new X509Chain();
            chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            chain.ChainPolicy.CustomTrustStore.Add(ca);
            chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
            chain.ChainPolicy.VerificationTime = (clock.GetUtcNow() + Ahead).LocalDateTime;
            return !chain.Build(server);
        }
        catch (Exception e) when (e is IOException or CryptographicException or ArgumentException)
        {
            return true;
        }
    }

    /// <summary>Writes a new certificate and key for 127.0.0.1 and localhost; a new authority only where the old one cannot sign any more.</summary>
    public static void Renew(CertificateFiles files, TimeProvider clock)
    {
        using var ca = ReadAuthority(files, clock) ?? CreateAuthority(files, clock);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], critical: false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(ca, includeKeyIdentifier: true, includeIssuerAndSerial: false));

        var from = Start(clock);
        using var certificate = request.Create(ca, from, from + Lifetime, RandomNumberGenerator.GetBytes(16));
        PrivateFile.Write(files.ServerKey, key.ExportPkcs8PrivateKeyPem());
        File.WriteAllText(files.Server, certificate.ExportCertificatePem());
    }

    static X509Certificate2? ReadAuthority(CertificateFiles files, TimeProvider clock)
    {
        try
        {
            var ca = X509Certificate2.CreateFromPemFile(files.Ca, files.CaKey);
            if (ca.NotAfter > (clock.GetUtcNow() + Lifetime).LocalDateTime) return ca;
            ca.Dispose();
            return null;
        }
        catch (Exception e) when (e is IOException or CryptographicException or ArgumentException)
        {
            return null;
        }
    }

    static X509Certificate2 CreateAuthority(CertificateFiles files, TimeProvider clock)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=Kyozo database CA", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: true, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        var from = Start(clock);
        var ca = request.CreateSelfSigned(from, from + CaLifetime);
        PrivateFile.Write(files.CaKey, key.ExportPkcs8PrivateKeyPem());
        File.WriteAllText(files.Ca, ca.ExportCertificatePem());
        return ca;
    }

    // A little back, for clocks that are not quite alike.
    static DateTimeOffset Start(TimeProvider clock) => clock.GetUtcNow().AddMinutes(-5);
}
