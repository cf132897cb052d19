namespace Kyozo.Data.Schema;

/// <summary>The roles of an installation's database (DESIGN §5). They belong to the whole PostgreSQL server; <c>kyozo db migrate</c> makes them.</summary>
public static class DatabaseRoles
{
    /// <summary>Owns every object; nobody logs in as it.</summary>
    public const string Owner = "kyozo_owner";
    /// <summary>Portal and command line: sees the rows of <c>app.team_id</c>.</summary>
    public const string Portal = "kyozo_portal";
    /// <summary>Gateway: reads where services are, writes what it counted.</summary>
    public const string Gateway = "kyozo_gateway";
    /// <summary>Worker: sees all teams, limited by column grants.</summary>
    public const string Worker = "kyozo_worker";
    /// <summary>The worker's maintenance jobs: acts as the owner.</summary>
    public const string Maintenance = "kyozo_maintenance";
    /// <summary>Reads everything, for backups.</summary>
    public const string Backup = "kyozo_backup";

    /// <summary>The roles that log in.</summary>
    public static IReadOnlyList<string> Logins { get; } = [Portal, Gateway, Worker, Maintenance, Backup];
}
