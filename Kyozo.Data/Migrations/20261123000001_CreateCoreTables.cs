using Kyozo.Data.Schema;
using Kyozo.Data.Tenancy;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Kyozo.Data.Migrations;

/// <summary>What the seed takes for granted: teams, users, memberships, engines, workspaces and files, with the rows that every installation has.</summary>
[DbContext(typeof(KyozoContext))]
[Migration("20261123000001_CreateCoreTables")]
sealed class CreateCoreTables : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.CreateTable(
            name: "engines",
            columns: table => new
            {
                id = table.Column<Guid>(type: "uuid", nullable: false),
                name = table.Column<string>(type: "character varying(63)", maxLength: 63, nullable: false),
                endpoint = table.Column<string>(type: "character varying(500)", maxLength: 500, nullable: false),
                state = table.Column<string>(type: "text", nullable: false, defaultValue: "unknown"),
                state_since = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()"),
                version = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: true),
                created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
            },
            constraints: table =>
            {
                table.PrimaryKey("pk_engines", x => x.id);
                table.CheckConstraint("valid_engine_state", "state IN ('unknown', 'reachable', 'unreachable')");
            });

        migrationBuilder.CreateTable(
            name: "teams",
            columns: table => new
            {
                id = table.Column<Guid>(type: "uuid", nullable: false),
                name = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: false),
                slug = table.Column<string>(type: "character varying(63)", maxLength: 63, nullable: false),
                created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()"),
                deleted_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true)
            },
            constraints: table =>
            {
                table.PrimaryKey("pk_teams", x => x.id);
                table.CheckConstraint("valid_slug", "slug ~ '^[a-z0-9][a-z0-9-]{0,62}$'");
            });

        migrationBuilder.CreateTable(
            name: "users",
            columns: table => new
            {
                id = table.Column<Guid>(type: "uuid", nullable: false),
                display_name = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: false),
                is_installation_admin = table.Column<bool>(type: "boolean", nullable: false, defaultValue: false),
                created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()"),
                deleted_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                user_name = table.Column<string>(type: "character varying(256)", maxLength: 256, nullable: true),
                normalized_user_name = table.Column<string>(type: "character varying(256)", maxLength: 256, nullable: true),
                email = table.Column<string>(type: "character varying(256)", maxLength: 256, nullable: true),
                normalized_email = table.Column<string>(type: "character varying(256)", maxLength: 256, nullable: true),
                email_confirmed = table.Column<bool>(type: "boolean", nullable: false),
                password_hash = table.Column<string>(type: "character varying(1000)", maxLength: 1000, nullable: true),
                security_stamp = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: true),
                concurrency_stamp = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: true),
                phone_number = table.Column<string>(type: "character varying(50)", maxLength: 50, nullable: true),
                phone_number_confirmed = table.Column<bool>(type: "boolean", nullable: false),
                two_factor_enabled = table.Column<bool>(type: "boolean", nullable: false),
                lockout_end = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                lockout_enabled = table.Column<bool>(type: "boolean", nullable: false),
                access_failed_count = table.Column<int>(type: "integer", nullable: false)
            },
            constraints: table =>
            {
                table.PrimaryKey("pk_users", x => x.id);
            });

        migrationBuilder.CreateTable(
            name: "team_memberships",
            columns: table => new
            {
                team_id = table.Column<Guid>(type: "uuid", nullable: false),
                user_id = table.Column<Guid>(type: "uuid", nullable: false),
                role = table.Column<string>(type: "text", nullable: false),
                created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
            },
            constraints: table =>
            {
                table.PrimaryKey("pk_team_memberships", x => new { x.team_id, x.user_id });
                table.CheckConstraint("valid_role", "role IN ('member', 'admin', 'owner')");
                table.ForeignKey(
                    name: "fk_team_memberships_teams_team_id",
                    column: x => x.team_id,
                    principalTable: "teams",
                    principalColumn: "id",
                    onDelete: ReferentialAction.Restrict);
                table.ForeignKey(
                    name: "fk_team_memberships_users_user_id",
                    column: x => x.user_id,
                    principalTable: "users",
                    principalColumn: "id",
                    onDelete: ReferentialAction.Restrict);
            });

        migrationBuilder.CreateTable(
            name: "workspaces",
            columns: table => new
            {
                id = table.Column<Guid>(type: "uuid", nullable: false),
                team_id = table.Column<Guid>(type: "uuid", nullable: false),
                engine_id = table.Column<Guid>(type: "uuid", nullable: false),
                name = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: false),
                slug = table.Column<string>(type: "character varying(63)", maxLength: 63, nullable: false),
                root_path = table.Column<string>(type: "character varying(4096)", maxLength: 4096, nullable: false),
                created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()"),
                updated_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()"),
                deleted_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true)
            },
            constraints: table =>
            {
                table.PrimaryKey("pk_workspaces", x => x.id);
                table.UniqueConstraint("ak_workspaces_team_id_id", x => new { x.team_id, x.id });
                table.CheckConstraint("valid_root_path", "root_path LIKE '/%' OR root_path ~ '^[A-Za-z]:'");
                table.CheckConstraint("valid_slug", "slug ~ '^[a-z0-9][a-z0-9-]{0,62}$'");
                table.ForeignKey(
                    name: "fk_workspaces_engines_engine_id",
                    column: x => x.engine_id,
                    principalTable: "engines",
                    principalColumn: "id",
                    onDelete: ReferentialAction.Restrict);
                table.ForeignKey(
                    name: "fk_workspaces_teams_team_id",
                    column: x => x.team_id,
                    principalTable: "teams",
                    principalColumn: "id",
                    onDelete: ReferentialAction.Restrict);
            });

        migrationBuilder.CreateTable(
            name: "files",
            columns: table => new
            {
                id = table.Column<Guid>(type: "uuid", nullable: false),
                team_id = table.Column<Guid>(type: "uuid", nullable: false),
                workspace_id = table.Column<Guid>(type: "uuid", nullable: false),
                path = table.Column<string>(type: "character varying(4096)", maxLength: 4096, nullable: false),
                size_bytes = table.Column<long>(type: "bigint", nullable: false),
                modified_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                content_hash = table.Column<string>(type: "character varying(64)", maxLength: 64, nullable: true)
            },
            constraints: table =>
            {
                table.PrimaryKey("pk_files", x => x.id);
                table.CheckConstraint("valid_path", "path LIKE '/%'");
                table.CheckConstraint("valid_size", "size_bytes >= 0");
                table.ForeignKey(
                    name: "fk_files_workspaces_team_id_workspace_id",
                    columns: x => new { x.team_id, x.workspace_id },
                    principalTable: "workspaces",
                    principalColumns: new[] { "team_id", "id" },
                    onDelete: ReferentialAction.Cascade);
            });

        migrationBuilder.CreateIndex(name: "ix_engines_name", table: "engines", column: "name", unique: true);
        migrationBuilder.CreateIndex(name: "ix_teams_slug", table: "teams", column: "slug", unique: true, filter: "deleted_at IS NULL");
        migrationBuilder.CreateIndex(name: "ix_users_normalized_email", table: "users", column: "normalized_email", unique: true, filter: "deleted_at IS NULL");
        migrationBuilder.CreateIndex(name: "ix_users_normalized_user_name", table: "users", column: "normalized_user_name", unique: true, filter: "deleted_at IS NULL");
        migrationBuilder.CreateIndex(name: "ix_team_memberships_user_id", table: "team_memberships", column: "user_id");
        migrationBuilder.CreateIndex(name: "ix_workspaces_engine_id", table: "workspaces", column: "engine_id");
        migrationBuilder.CreateIndex(name: "ix_workspaces_team_id_slug", table: "workspaces", columns: new[] { "team_id", "slug" }, unique: true, filter: "deleted_at IS NULL");
        migrationBuilder.CreateIndex(name: "ix_files_workspace_id_path", table: "files", columns: new[] { "workspace_id", "path" }, unique: true);

        // Teams and memberships are also readable by the person they concern, to choose a team; writable by team only, else anyone adds himself to any team.
        foreach (var (table, mine) in new[]
        {
            ("teams", $"id = {TenantTable.CurrentTeam} OR id IN (SELECT team_id FROM team_memberships WHERE user_id = {TenantTable.CurrentUser})"),
            ("team_memberships", $"team_id = {TenantTable.CurrentTeam} OR user_id = {TenantTable.CurrentUser}"),
        })
        {
            var team = table == "teams" ? "id" : "team_id";
            migrationBuilder.EnableRowLevelSecurity(table);
            migrationBuilder.Sql(
                $"""
                CREATE POLICY portal_read ON {table} FOR SELECT TO {DatabaseRoles.Portal} USING ({mine});
                CREATE POLICY portal_insert ON {table} FOR INSERT TO {DatabaseRoles.Portal} WITH CHECK ({team} = {TenantTable.CurrentTeam});
                CREATE POLICY portal_update ON {table} FOR UPDATE TO {DatabaseRoles.Portal} USING ({team} = {TenantTable.CurrentTeam}) WITH CHECK ({team} = {TenantTable.CurrentTeam});
                CREATE POLICY portal_delete ON {table} FOR DELETE TO {DatabaseRoles.Portal} USING ({team} = {TenantTable.CurrentTeam});
                """);
            migrationBuilder.Open(table, "worker", DatabaseRoles.Worker, "SELECT");
        }

        migrationBuilder.Grant("teams", DatabaseRoles.Portal, "SELECT, INSERT, UPDATE (name, slug, deleted_at)");
        migrationBuilder.Grant("team_memberships", DatabaseRoles.Portal, "SELECT, INSERT, UPDATE (role), DELETE");

        migrationBuilder.Protect("workspaces", portal: "SELECT, UPDATE (name, updated_at, deleted_at)", worker: "SELECT, INSERT, UPDATE", gateway: "SELECT (id, team_id, name, slug)");
        migrationBuilder.Protect("files", portal: "SELECT", worker: "SELECT, INSERT, UPDATE, DELETE");

        // No team: sign-in comes before the choice of one. Nobody but complete_setup writes is_installation_admin.
        migrationBuilder.Grant("users", DatabaseRoles.Portal, "SELECT, INSERT (id, user_name, normalized_user_name, email, normalized_email, email_confirmed, password_hash, security_stamp, concurrency_stamp, phone_number, phone_number_confirmed, two_factor_enabled, lockout_end, lockout_enabled, access_failed_count, display_name, created_at, deleted_at), UPDATE (user_name, normalized_user_name, email, normalized_email, email_confirmed, password_hash, security_stamp, concurrency_stamp, phone_number, phone_number_confirmed, two_factor_enabled, lockout_end, lockout_enabled, access_failed_count, display_name, deleted_at)");
        migrationBuilder.Grant("users", DatabaseRoles.Worker, "SELECT (id, user_name, display_name, is_installation_admin, created_at, deleted_at)");
        migrationBuilder.Grant("engines", DatabaseRoles.Portal, "SELECT");
        migrationBuilder.Grant("engines", DatabaseRoles.Gateway, "SELECT");
        migrationBuilder.Grant("engines", DatabaseRoles.Worker, "SELECT, INSERT, UPDATE");

        migrationBuilder.Sql(
            $"""
            INSERT INTO users (id, user_name, normalized_user_name, display_name, email_confirmed, phone_number_confirmed, two_factor_enabled, lockout_enabled, lockout_end, access_failed_count)
            VALUES ('{WellKnown.Operator}', '{User.OperatorName}', '{User.OperatorName.ToUpperInvariant()}', 'Local command line', false, false, false, true, '9999-12-31 00:00:00+00', 0);
            INSERT INTO teams (id, name, slug) VALUES ('{WellKnown.DefaultTeam}', 'Default', 'default');
            INSERT INTO team_memberships (team_id, user_id, role) VALUES ('{WellKnown.DefaultTeam}', '{WellKnown.Operator}', 'owner');
            INSERT INTO engines (id, name, endpoint) VALUES ('{WellKnown.LocalEngine}', 'local', 'unix:///var/run/docker.sock');
            """);
    }

    protected override void Down(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.Sql("DROP POLICY portal_read ON teams;");

        migrationBuilder.DropTable(name: "files");
        migrationBuilder.DropTable(name: "workspaces");
        migrationBuilder.DropTable(name: "team_memberships");
        migrationBuilder.DropTable(name: "users");
        migrationBuilder.DropTable(name: "teams");
        migrationBuilder.DropTable(name: "engines");
    }
}
