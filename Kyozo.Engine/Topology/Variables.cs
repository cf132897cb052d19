using Kyozo.Data.Topology;

namespace Kyozo.Engine.Topology;

/// <summary>What the name of an environment variable says.</summary>
static class Variables
{
    static readonly string[] SecretWords = ["PASSWORD", "PASSWD", "SECRET", "TOKEN", "PRIVATE", "CREDENTIAL", "API_KEY", "APIKEY", "ACCESS_KEY", "ENCRYPTION_KEY", "APP_KEY", "KEY_BASE", "MASTER_KEY", "DSN"];

    static readonly string[] BuildPrefixes = ["NEXT_PUBLIC_", "REACT_APP_", "VITE_", "NUXT_PUBLIC_", "NUXT_", "EXPO_PUBLIC_", "GATSBY_", "VUE_APP_", "NG_APP_", "PUBLIC_"];

    static readonly string[] AddressSuffixes =
        ["_SERVICE_BASE_URL", "_BASE_URL", "_SERVICE_URL", "_SERVER_URL", "_API_URL", "_URL", "_URI", "_HOSTNAME", "_HOST", "_ADDRESS", "_ADDR", "_ENDPOINT", "_ORIGIN", "_UPSTREAM", "_TARGET", "_BASE", "_SERVER", "_ENTRYPOINT", "_API_BASE", "_API_HOST", "_API", "_WS_URL", "_SOCKET_URL", "_INTERNAL_URL", "_GRPC_ADDR", "_GRPC_URL", "_RPC_URL", "_GRPC"];

    public static DetectedVariable Describe(string name, bool required, bool hasValue) => new(name, required, hasValue, IsSecret(name));

    /// <summary>True for what a container can be given: letters, digits and underscores, at most 128.</summary>
    public static bool IsName(string name) => name.Length is > 0 and <= 128 && !char.IsAsciiDigit(name[0]) && name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_');

    public static bool IsSecret(string name) => SecretWords.Any(word => name.Contains(word, StringComparison.OrdinalIgnoreCase));

    /// <summary>The last part of a setting's name (<c>Urls__CatalogUrl</c>) with its words apart: <c>Catalog_Url</c>.</summary>
    static string Words(string variable)
    {
        var last = variable[(variable.LastIndexOf("__", StringComparison.Ordinal) is >= 0 and var at ? at + 2 : 0)..];
        if (!last.Any(char.IsAsciiLetterLower)) return variable;
        return string.Concat(last.Select((c, i) => i > 0 && char.IsAsciiLetterUpper(c) && char.IsAsciiLetterLower(last[i - 1]) ? $"_{c}" : $"{c}"));
    }

    /// <summary>Names that a service might have when this variable carries its address, the likeliest first; none when it carries none.</summary>
    public static IEnumerable<string> NamedServices(string variable)
    {
        // Service discovery of .NET: services__api__http__0.
        if (variable.Split("__") is ["services", var discovered, ..]) yield return Slug.Key(discovered);
        var name = Words(variable).ToUpperInvariant();
        foreach (var prefix in BuildPrefixes)
        {
            if (name.StartsWith(prefix, StringComparison.Ordinal)) name = name[prefix.Length..];
        }
        foreach (var suffix in AddressSuffixes)
        {
            if (name.EndsWith(suffix, StringComparison.Ordinal) && name.Length > suffix.Length) yield return Slug.Key(name[..^suffix.Length]);
        }
    }
}
