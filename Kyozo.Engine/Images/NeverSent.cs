namespace Kyozo.Engine.Images;

/// <summary>What no build is ever given, whatever a <c>.dockerignore</c> says: repositories, installed packages, keys and secrets (SAFETY A-08).</summary>
static class NeverSent
{
    static readonly HashSet<string> Folders = new(StringComparer.OrdinalIgnoreCase)
    {
        ".git", ".hg", ".svn", "node_modules", "bower_components", "__pycache__", ".venv", ".tox", ".idea", ".vs", ".terraform",
        ".ssh", ".gnupg", ".aws", ".azure", ".kube", ".docker", ".kyozo",
    };

    static readonly HashSet<string> Files = new(StringComparer.OrdinalIgnoreCase) { ".env", ".netrc", ".pgpass", ".pypirc", ".git-credentials", ".DS_Store", ".git" };

    static readonly HashSet<string> KeyExtensions = new(StringComparer.OrdinalIgnoreCase) { ".pem", ".key", ".pfx", ".p12", ".jks", ".keystore", ".ppk", ".kdbx", ".tfstate" };

    /// <summary>Kinds of <c>.env</c> files that hold examples, not values.</summary>
    static readonly HashSet<string> Examples = new(StringComparer.OrdinalIgnoreCase) { ".env.example", ".env.sample", ".env.template", ".env.dist" };

    public static bool Folder(string name) => Folders.Contains(name);

    public static bool File(string name) =>
        Files.Contains(name)
        || (name.StartsWith(".env.", StringComparison.OrdinalIgnoreCase) && !Examples.Contains(name))
        || (name.StartsWith("id_", StringComparison.Ordinal) && Path.GetExtension(name) == "")
        || KeyExtensions.Contains(Path.GetExtension(name));

    /// <summary>True for a package manager's settings with a password or token in them (a reference to a variable is none).</summary>
    public static bool HoldsToken(string name, string text) =>
        name is ".npmrc" or ".yarnrc" or ".yarnrc.yml"
        && text.Split('\n').Any(line => (line.Contains("_auth", StringComparison.OrdinalIgnoreCase) || line.Contains("_password", StringComparison.OrdinalIgnoreCase)
            || line.Contains("npmAuthToken", StringComparison.OrdinalIgnoreCase)) && !line.Contains("${", StringComparison.Ordinal));
}
