namespace Kyozo.Data;

/// <summary>Where this installation keeps its state, outside any repository (DESIGN §3): <c>KYOZO_HOME</c>, else <c>/var/lib/kyozo</c> for root, else <c>~/.local/share/kyozo</c>.</summary>
/// <param name="Root">Absolute folder.</param>
public sealed record KyozoHome(string Root)
{
    /// <summary>The home that the environment names.</summary>
    public static KyozoHome FromEnvironment()
    {
        var named = Environment.GetEnvironmentVariable("KYOZO_HOME");
        if (!string.IsNullOrWhiteSpace(named)) return new(Path.GetFullPath(named));
        if (OperatingSystem.IsLinux() && Environment.UserName == "root") return new("/var/lib/kyozo");
        return new(Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData), "kyozo"));
    }

    /// <summary>Data Protection key ring shared by portal, worker and command line (0700, files 0600).</summary>
    public string KeyRing => Path.Combine(Root, "keys", "ring");

    /// <summary>Key file of the embedded secret store; only the worker reads it (0600).</summary>
    public string SecretsKeyFile => Path.Combine(Root, "keys", "secrets.key");

    /// <summary>Key file of the backups (0600): without it none of them can be restored.</summary>
    public string BackupKeyFile => Path.Combine(Root, "keys", "backup.key");

    /// <summary>Encrypted backups of the database.</summary>
    public string Backups => Path.Combine(Root, "backups");

    /// <summary>Key that signs the anchors of the trail; only the worker writes with it, <c>kyozo audit verify</c> reads it (0600).</summary>
    public string AnchorKeyFile => Path.Combine(Root, "keys", "anchors.key");

    /// <summary>The anchors of the trail outside the database, one JSON object a line, only ever appended to (0600).</summary>
    public string AnchorFile => Path.Combine(Root, "trail", "anchors.jsonl");

    /// <summary>Id of this installation (one line), made once by whoever needs it first; the label <c>kyozo.installation</c>.</summary>
    public string InstallationIdFile => Path.Combine(Root, "installation-id");

    /// <summary>One-time set-up token while no administrator exists (0600).</summary>
    public string SetupTokenFile => Path.Combine(Root, "keys", "setup-token");

    /// <summary>One absolute folder a line: roots under which workspaces may lie, beside <see cref="Workspaces"/>.</summary>
    public string AllowedRootsFile => Path.Combine(Root, "allowed-roots");

    /// <summary>Workspaces made by upload, and the default allowed root.</summary>
    public string Workspaces => Path.Combine(Root, "workspaces");

    /// <summary>Half-received uploads; swept by the worker.</summary>
    public string Staging => Path.Combine(Root, "staging");

    /// <summary>Logs of Kyozo's own processes.</summary>
    public string Logs => Path.Combine(Root, "logs");

    /// <summary>Build logs: <c>{deployment id}/{service id}.log</c>.</summary>
    public string BuildLogs => Path.Combine(Root, "build-logs");

    /// <summary>Process ids, chosen ports and the like of what <c>kyozo up</c> runs.</summary>
    public string Run => Path.Combine(Root, "run");

    /// <summary>What can be made again.</summary>
    public string Cache => Path.Combine(Root, "cache");
}
