using Microsoft.EntityFrameworkCore.Migrations;

namespace Kyozo.Data.Schema;

/// <summary>Row level security and grants of a table, written in the migration that makes it (DESIGN §5, SAFETY §4).</summary>
static class TenantTable
{
    /// <summary>The team of the current actor. A sub-select, so that it is evaluated once per query and not once per row (SAFETY M25).</summary>
    public const string CurrentTeam = "(select nullif(current_setting('app.team_id', true), '')::uuid)";

    /// <summary>The current actor.</summary>
    public const string CurrentUser = "(select nullif(current_setting('app.user_id', true), '')::uuid)";

    /// <summary>Walls a table with a <c>team_id</c> off: the portal sees the current team's rows, worker and gateway all of them, each with the given rights only.</summary>
    /// <param name="migration">The migration.</param>
    /// <param name="table">The table.</param>
    /// <param name="portal">Rights of the portal: <c>SELECT, UPDATE (name)</c>; null for none.</param>
    /// <param name="worker">Rights of the worker; null for none.</param>
    /// <param name="gateway">Rights of the gateway; null for none.</param>
    public static void Protect(this MigrationBuilder migration, string table, string? portal, string? worker, string? gateway = null)
    {
        migration.EnableRowLevelSecurity(table);
        if (portal is not null)
        {
            migration.Sql($"CREATE POLICY portal ON {table} TO {DatabaseRoles.Portal} USING (team_id = {CurrentTeam}) WITH CHECK (team_id = {CurrentTeam});");
            migration.Sql($"GRANT {portal} ON {table} TO {DatabaseRoles.Portal};");
        }

        migration.Open(table, "worker", DatabaseRoles.Worker, worker);
        migration.Open(table, "gateway", DatabaseRoles.Gateway, gateway);
    }

    /// <summary>Row level security for everybody, the owner included, with the owner's own policy: without it FORCE hides every row from migrations and archival. Backups have theirs for servers where nobody can grant BYPASSRLS (<c>pg_dump --enable-row-security</c>).</summary>
    public static void EnableRowLevelSecurity(this MigrationBuilder migration, string table) => migration.Sql(
        $"""
        ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
        ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
        CREATE POLICY owner ON {table} TO {DatabaseRoles.Owner} USING (true) WITH CHECK (true);
        CREATE POLICY backup ON {table} FOR SELECT TO {DatabaseRoles.Backup} USING (true);
        """);

    /// <summary>Lets a role past the teams' walls of one table, with the given rights.</summary>
    public static void Open(this MigrationBuilder migration, string table, string policy, string role, string? rights)
    {
        if (rights is null) return;
        migration.Sql($"CREATE POLICY {policy} ON {table} TO {role} USING (true) WITH CHECK (true);");
        migration.Sql($"GRANT {rights} ON {table} TO {role};");
    }

    /// <summary>What the portal may write of a row beyond its team: nobody's name but the actor's, no state that only the worker gives.</summary>
    /// <param name="migration">The migration.</param>
    /// <param name="table">The table.</param>
    /// <param name="condition">What every row that the portal inserts must fulfil.</param>
    public static void RestrictPortalInserts(this MigrationBuilder migration, string table, string condition) =>
        migration.Sql($"CREATE POLICY portal_own_name ON {table} AS RESTRICTIVE FOR INSERT TO {DatabaseRoles.Portal} WITH CHECK ({condition});");

    /// <summary>Grants on a table that belongs to no team.</summary>
    public static void Grant(this MigrationBuilder migration, string table, string role, string rights) =>
        migration.Sql($"GRANT {rights} ON {table} TO {role};");

    /// <summary>Foreign key to an optional row of the same team. When that row goes, only its id is emptied, not the team: EF has no word for the column list.</summary>
    public static void AddOptionalForeignKey(this MigrationBuilder migration, string name, string table, string column, string parent) => migration.Sql(
        $"""
        ALTER TABLE {table} ADD CONSTRAINT {name}
            FOREIGN KEY (team_id, {column}) REFERENCES {parent} (team_id, id) ON DELETE SET NULL ({column});
        """);

    /// <summary>Rows may be inserted with their workspace alone: the function of the migration <c>CreateTopologyDetections</c> fills in the workspace's team.</summary>
    public static void TakeTeamFromWorkspace(this MigrationBuilder migration, string table) => migration.Sql(
        $"""
        CREATE TRIGGER take_team_from_workspace BEFORE INSERT ON {table}
            FOR EACH ROW WHEN (NEW.team_id IS NULL) EXECUTE FUNCTION take_team_from_workspace();
        """);
}
