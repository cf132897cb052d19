using Kyozo.Data.Schema;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Kyozo.Data.Migrations;

/// <summary>Requests to change services, their steps, and the releases they make.</summary>
[DbContext(typeof(KyozoContext))]
[Migration("20261123000012_CreateDeployments")]
sealed class CreateDeployments : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.CreateTable(
            name: "deployments",
            columns: table => new
            {
                id = table.Column<Guid>(type: "uuid", nullable: false),
                team_id = table.Column<Guid>(type: "uuid", nullable: false),
                workspace_id = table.Column<Guid>(type: "uuid", nullable: false),
                engine_id = table.Column<Guid>(type: "uuid", nullable: false),
                number = table.Column<long>(type: "bigint", nullable: false, defaultValue: 0L),
                kind = table.Column<string>(type: "text", nullable: false),
                status = table.Column<string>(type: "text", nullable: false, defaultValue: "queued"),
                requested_by = table.Column<Guid>(type: "uuid", nullable: false),
                reason = table.Column<string>(type: "character varying(500)", maxLength: 500, nullable: true),
                request = table.Column<string>(type: "jsonb", nullable: false),
                plan = table.Column<string>(type: "jsonb", nullable: true),
                outcome = table.Column<string>(type: "character varying(2000)", maxLength: 2000, nullable: true),
                cancel_requested_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                release_id = table.Column<Guid>(type: "uuid", nullable: true),
                lease_owner = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: true),
                lease_until = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                lease_epoch = table.Column<long>(type: "bigint", nullable: false, defaultValue: 0L),
                created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()"),
                started_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                finished_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true)
            },
            constraints: table =>
            {
                table.PrimaryKey("pk_deployments", x => x.id);
                table.UniqueConstraint("ak_deployments_team_id_id", x => new { x.team_id, x.id });
                table.CheckConstraint("plan_size", "pg_column_size(plan) <= 1048576");
                table.CheckConstraint("request_size", "pg_column_size(request) <= 65536");
                table.CheckConstraint("valid_deployment_kind", "kind IN ('deploy', 'start', 'stop', 'restart', 'scale', 'rollback', 'delete')");
                table.CheckConstraint("valid_deployment_status", "status IN ('planned', 'queued', 'building', 'starting', 'verifying', 'switching', 'succeeded', 'failed', 'cancelled', 'interrupted')");
                table.ForeignKey(
                    name: "fk_deployments_engines_engine_id",
                    column: x => x.engine_id,
                    principalTable: "engines",
                    principalColumn: "id",
                    onDelete: ReferentialAction.Restrict);
                table.ForeignKey(
                    name: "fk_deployments_users_requested_by",
                    column: x => x.requested_by,
                    principalTable: "users",
                    principalColumn: "id",
                    onDelete: ReferentialAction.Restrict);
                table.ForeignKey(
                    name: "fk_deployments_workspaces_team_id_workspace_id",
                    columns: x => new { x.team_id, x.workspace_id },
                    principalTable: "workspaces",
                    principalColumns: new[] { "team_id", "id" },
                    onDelete: ReferentialAction.Restrict);
            });

        migrationBuilder.CreateTable(
            name: "releases",
            columns: table => new
            {
                id = table.Column<Guid>(type: "uuid", nullable: false),
                team_id = table.Column<Guid>(type: "uuid", nullable: false),
                workspace_id = table.Column<Guid>(type: "uuid", nullable: false),
                number = table.Column<long>(type: "bigint", nullable: false),
                deployment_id = table.Column<Guid>(type: "uuid", nullable: false),
                services = table.Column<string>(type: "jsonb", nullable: false),
                created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
            },
            constraints: table =>
            {
                table.PrimaryKey("pk_releases", x => x.id);
                table.UniqueConstraint("ak_releases_team_id_id", x => new { x.team_id, x.id });
                table.CheckConstraint("services_size", "pg_column_size(services) <= 4194304");
                table.ForeignKey(
                    name: "fk_releases_deployments_team_id_deployment_id",
                    columns: x => new { x.team_id, x.deployment_id },
                    principalTable: "deployments",
                    principalColumns: new[] { "team_id", "id" },
                    onDelete: ReferentialAction.Restrict);
                table.ForeignKey(
                    name: "fk_releases_workspaces_team_id_workspace_id",
                    columns: x => new { x.team_id, x.workspace_id },
                    principalTable: "workspaces",
                    principalColumns: new[] { "team_id", "id" },
                    onDelete: ReferentialAction.Restrict);
            });

        migrationBuilder.CreateTable(
            name: "deployment_steps",
            columns: table => new
            {
                id = table.Column<Guid>(type: "uuid", nullable: false),
                team_id = table.Column<Guid>(type: "uuid", nullable: false),
                deployment_id = table.Column<Guid>(type: "uuid", nullable: false),
                service_instance_id = table.Column<Guid>(type: "uuid", nullable: true),
                ordinal = table.Column<int>(type: "integer", nullable: false),
                wave = table.Column<int>(type: "integer", nullable: false),
                kind = table.Column<string>(type: "text", nullable: false),
                status = table.Column<string>(type: "text", nullable: false, defaultValue: "pending"),
                detail = table.Column<string>(type: "character varying(2000)", maxLength: 2000, nullable: true),
                started_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                finished_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true)
            },
            constraints: table =>
            {
                table.PrimaryKey("pk_deployment_steps", x => x.id);
                table.CheckConstraint("valid_step_kind", "kind IN ('build', 'start', 'verify', 'switch', 'stop', 'remove')");
                table.CheckConstraint("valid_step_status", "status IN ('pending', 'running', 'succeeded', 'failed', 'skipped', 'cancelled')");
            });

        migrationBuilder.AddForeignKey(name: "fk_deployment_steps_deployments_team_id_deployment_id", table: "deployment_steps", columns: new[] { "team_id", "deployment_id" }, principalTable: "deployments", principalColumns: new[] { "team_id", "id" }, onDelete: ReferentialAction.Cascade);

        migrationBuilder.AddOptionalForeignKey("fk_deployments_releases_team_id_release_id", "deployments", "release_id", "releases");
        migrationBuilder.AddOptionalForeignKey("fk_deployment_steps_service_instances_team_id_service_instance", "deployment_steps", "service_instance_id", "service_instances");
        migrationBuilder.AddOptionalForeignKey("fk_service_instances_releases_team_id_release_id", "service_instances", "release_id", "releases");

        migrationBuilder.CreateIndex(name: "ix_deployments_open", table: "deployments", columns: new[] { "engine_id", "created_at" }, filter: "status IN ('queued', 'building', 'starting', 'verifying', 'switching', 'interrupted')");
        migrationBuilder.CreateIndex(name: "ix_deployments_team_id_created_at", table: "deployments", columns: new[] { "team_id", "created_at" }, descending: new[] { false, true });
        migrationBuilder.CreateIndex(name: "ix_deployments_workspace_id_number", table: "deployments", columns: new[] { "workspace_id", "number" }, unique: true);
        migrationBuilder.CreateIndex(name: "ix_releases_deployment_id", table: "releases", column: "deployment_id");
        migrationBuilder.CreateIndex(name: "ix_releases_workspace_id_number", table: "releases", columns: new[] { "workspace_id", "number" }, unique: true);
        migrationBuilder.CreateIndex(name: "ix_deployment_steps_deployment_id_ordinal", table: "deployment_steps", columns: new[] { "deployment_id", "ordinal" }, unique: true);
        migrationBuilder.CreateIndex(name: "ix_deployment_steps_service_instance_id", table: "deployment_steps", column: "service_instance_id");

        migrationBuilder.Protect("deployments", portal: "SELECT, INSERT, UPDATE (cancel_requested_at)", worker: "SELECT, INSERT, UPDATE, DELETE");
        migrationBuilder.RestrictPortalInserts("deployments", $"requested_by = {TenantTable.CurrentUser} AND status IN ('planned', 'queued') AND lease_owner IS NULL");
        migrationBuilder.Protect("releases", portal: "SELECT", worker: "SELECT, INSERT, DELETE");
        migrationBuilder.Protect("deployment_steps", portal: "SELECT", worker: "SELECT, INSERT, UPDATE, DELETE");

        migrationBuilder.Sql(
            """
            -- 1, 2, 3 ... per workspace; the lock puts two requests at the same moment in a row.
            CREATE FUNCTION number_deployment() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
            BEGIN
                PERFORM pg_advisory_xact_lock(hashtextextended('kyozo deployments ' || NEW.workspace_id, 0));
                NEW.number := (SELECT coalesce(max(number), 0) + 1 FROM deployments WHERE workspace_id = NEW.workspace_id);
                RETURN NEW;
            END $$;

            CREATE TRIGGER number_deployment BEFORE INSERT ON deployments FOR EACH ROW EXECUTE FUNCTION number_deployment();
            """);
    }

    protected override void Down(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.DropForeignKey(name: "fk_service_instances_releases_team_id_release_id", table: "service_instances");
        migrationBuilder.DropForeignKey(name: "fk_deployments_releases_team_id_release_id", table: "deployments");

        migrationBuilder.DropTable(name: "deployment_steps");
        migrationBuilder.DropTable(name: "releases");
        migrationBuilder.DropTable(name: "deployments");

        migrationBuilder.Sql("DROP FUNCTION number_deployment();");
    }
}
