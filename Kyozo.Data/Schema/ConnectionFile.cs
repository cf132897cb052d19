using System.Text.Json;

namespace Kyozo.Data.Schema;

/// <summary>The connection strings of an installation that <c>kyozo up</c> runs, one for each role: <c>run/connections.json</c> (0600).</summary>
/// <param name="Admin">The administrator, who migrates.</param>
/// <param name="Portal">Role <c>kyozo_portal</c>: portal and command line.</param>
/// <param name="Gateway">Role <c>kyozo_gateway</c>.</param>
/// <param name="Worker">Role <c>kyozo_worker</c>.</param>
/// <param name="Maintenance">Role <c>kyozo_maintenance</c>: the worker's jobs for partitions and archival.</param>
/// <param name="Backup">Role <c>kyozo_backup</c>: reads everything, for backups.</param>
public sealed record ConnectionFile(string Admin, string Portal, string Gateway, string Worker, string Maintenance, string Backup)
{
    /// <summary>What <c>up</c> wrote, or null when it never ran here.</summary>
    public static ConnectionFile? Read(KyozoHome home)
    {
        var file = PathIn(home);
        return File.Exists(file) ? JsonSerializer.Deserialize<ConnectionFile>(File.ReadAllText(file), KyozoJson.Compact) : null;
    }

    /// <summary>Writes it whole or not at all; nobody but the owner can read it at any moment.</summary>
    public void Write(KyozoHome home) => PrivateFile.Write(PathIn(home), JsonSerializer.Serialize(this, KyozoJson.Indented));

    static string PathIn(KyozoHome home) => Path.Combine(home.Run, "connections.json");
}
