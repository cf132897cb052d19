namespace Kyozo.Engine.Images;

/// <summary>
/// What a build must know of the network it downloads through: the host's own certificate authorities (a company proxy signs with one of them) and proxies.
/// </summary>
/// <param name="CertificatesFile">PEM bundle on this host, or null when the distribution's own authorities are enough.</param>
/// <param name="Proxies">HTTP_PROXY and the like: build arguments that every builder knows and no image keeps.</param>
public sealed record HostTrust(string? CertificatesFile, IReadOnlyDictionary<string, string> Proxies)
{
    static readonly string[] Bundles = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem"];

    /// <summary>Folders where an administrator puts authorities of the house.</summary>
    static readonly string[] OwnAuthorities =
        ["/usr/local/share/ca-certificates", "/etc/pki/ca-trust/source/anchors", "/etc/pki/trust/anchors"];

    static readonly string[] ProxyVariables = ["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"];

    /// <summary>What the options say, else what this host shows.</summary>
    /// <exception cref="FileNotFoundException">The configured file is not there.</exception>
    public static HostTrust Find(BuildOptions options) => new(CertificatesOf(options.CaCertificates), ProxiesOfEnvironment());

    static string? CertificatesOf(string configured)
    {
        if (configured.Equals("none", StringComparison.OrdinalIgnoreCase)) return null;
        if (configured.Length > 0)
        {
            return File.Exists(configured) ? configured : throw new FileNotFoundException($"Kyozo:Build:CaCertificates names {configured}, and there is no such file.", configured);
        }

        var named = Named("NODE_EXTRA_CA_CERTS") ?? Named("SSL_CERT_FILE");
        if (named is not null) return named;
        return OwnAuthorities.Any(HasCertificate) ? Bundles.FirstOrDefault(File.Exists) : null;
    }

    static string? Named(string variable) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } file && File.Exists(file) ? file : null;

    static bool HasCertificate(string folder)
    {
        try
        {
            return Directory.Exists(folder) && Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Any(file => Path.GetExtension(file) is ".crt" or ".pem" or ".cer");
        }
        catch (UnauthorizedAccessException)
        {
            return false;
        }
    }

    static Dictionary<string, string> ProxiesOfEnvironment() => ProxyVariables
        .Select(name => (Name: name, Value: Environment.GetEnvironmentVariable(name)))
        .Where(variable => !string.IsNullOrEmpty(variable.Value))
        .ToDictionary(variable => variable.Name, variable => variable.Value!);
}
