using Kyozo.Data.Schema;
using Kyozo.Data.Topology;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Kyozo.Data.Migrations;

/// <summary>Seed 1: results of folder analyses.</summary>
[DbContext(typeof(KyozoContext))]
[Migration("20261123000002_CreateTopologyDetections")]
sealed class CreateTopologyDetections : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.CreateTable(
            name: "topology_detections",
            columns: table => new
            {
                id = table.Column<Guid>(type: "uuid", nullable: false),
                team_id = table.Column<Guid>(type: "uuid", nullable: false),
                workspace_id = table.Column<Guid>(type: "uuid", nullable: false),
                folder_path = table.Column<string>(type: "character varying(4096)", maxLength: 4096, nullable: false),
                detected_patterns = table.Column<string>(type: "jsonb", nullable: false, defaultValueSql: "'{}'::jsonb"),
                confidence_scores = table.Column<string>(type: "jsonb", nullable: false, defaultValueSql: "'{}'::jsonb"),
                recommended_services = table.Column<string>(type: "jsonb", nullable: false, defaultValueSql: "'[]'::jsonb"),
                service_graph = table.Column<string>(type: "jsonb", nullable: false, defaultValueSql: TopologyDetectionConfiguration.NothingFound),
                deployment_strategy = table.Column<string>(type: "text", nullable: false, defaultValue: "none"),
                detected_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()"),
                requested_by = table.Column<Guid>(type: "uuid", nullable: true)
            },
            constraints: table =>
            {
                table.PrimaryKey("pk_topology_detections", x => x.id);
                table.UniqueConstraint("ak_topology_detections_team_id_id", x => new { x.team_id, x.id });
                table.CheckConstraint("confidence_scores_size", "pg_column_size(confidence_scores) <= 262144");
                table.CheckConstraint("detected_patterns_size", "pg_column_size(detected_patterns) <= 4194304");
                table.CheckConstraint("recommended_services_size", "pg_column_size(recommended_services) <= 4194304");
                table.CheckConstraint("service_graph_size", "pg_column_size(service_graph) <= 4194304");
                table.CheckConstraint("valid_deployment_strategy", "deployment_strategy IN ('none', 'single_container', 'multi_container', 'static_site', 'needs_scheduler')");
                table.CheckConstraint("valid_folder_path", "folder_path LIKE '/%'");
                table.ForeignKey(
                    name: "fk_topology_detections_users_requested_by",
                    column: x => x.requested_by,
                    principalTable: "users",
                    principalColumn: "id",
                    onDelete: ReferentialAction.Restrict);
                table.ForeignKey(
                    name: "fk_topology_detections_workspaces_team_id_workspace_id",
                    columns: x => new { x.team_id, x.workspace_id },
                    principalTable: "workspaces",
                    principalColumns: new[] { "team_id", "id" },
                    onDelete: ReferentialAction.Cascade);
            });

        migrationBuilder.CreateIndex(name: "ix_topology_detections_detected_patterns", table: "topology_detections", column: "detected_patterns").Annotation("Npgsql:IndexMethod", "gin").Annotation("Npgsql:IndexOperators", new[] { "jsonb_path_ops" });
        migrationBuilder.CreateIndex(name: "ix_topology_detections_team_id_detected_at", table: "topology_detections", columns: new[] { "team_id", "detected_at" }, descending: new[] { false, true });
        migrationBuilder.CreateIndex(name: "ix_topology_detections_workspace_id_detected_at", table: "topology_detections", columns: new[] { "workspace_id", "detected_at" }, descending: new[] { false, true });

        migrationBuilder.Protect("topology_detections", portal: "SELECT", worker: "SELECT, INSERT, DELETE");

        migrationBuilder.Sql(
            """
            -- A row that names its workspace alone belongs to the workspace's team.
            CREATE FUNCTION take_team_from_workspace() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
            BEGIN
                NEW.team_id := (SELECT team_id FROM workspaces WHERE id = NEW.workspace_id);
                IF NEW.team_id IS NULL THEN
                    RAISE foreign_key_violation USING TABLE = TG_TABLE_NAME, MESSAGE = format('There is no workspace %s to make a row of %s in.', NEW.workspace_id, TG_TABLE_NAME);
                END IF;
                RETURN NEW;
            END $$;
            """);
        migrationBuilder.TakeTeamFromWorkspace("topology_detections");
    }

    protected override void Down(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.DropTable(name: "topology_detections");

        migrationBuilder.Sql("DROP FUNCTION take_team_from_workspace();");
    }
}
