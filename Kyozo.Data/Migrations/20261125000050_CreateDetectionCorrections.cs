using Kyozo.Data.Schema;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Kyozo.Data.Migrations;

/// <summary>What people say about findings of detection.</summary>
sealed partial class CreateDetectionCorrections : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.CreateTable(
            name: "detection_corrections",
            columns: table => new
            {
                id = table.Column<Guid>(type: "uuid", nullable: false),
                team_id = table.Column<Guid>(type: "uuid", nullable: false),
                workspace_id = table.Column<Guid>(type: "uuid", nullable: false),
                kind = table.Column<string>(type: "text", nullable: false),
                folder_path = table.Column<string>(type: "character varying(4096)", maxLength: 4096, nullable: true),
                service_name = table.Column<string>(type: "character varying(63)", maxLength: 63, nullable: false),
                other_service = table.Column<string>(type: "character varying(63)", maxLength: 63, nullable: true),
                corrected_values = table.Column<string>(type: "jsonb", nullable: false, defaultValueSql: "'{}'::jsonb"),
                corrected_by = table.Column<Guid>(type: "uuid", nullable: false),
                corrected_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()"),
                undone_by = table.Column<Guid>(type: "uuid", nullable: true),
                undone_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true)
            },
            constraints: table =>
            {
                table.PrimaryKey("pk_detection_corrections", x => x.id);
                table.CheckConstraint("valid_correction_kind", "kind IN ('service', 'no_service', 'edge', 'no_edge')");
                table.CheckConstraint("valid_folder_path", "folder_path LIKE '/%'");
                table.CheckConstraint("valid_other_service", "(kind IN ('edge', 'no_edge')) = (other_service IS NOT NULL) AND other_service ~ '^[a-z0-9][a-z0-9-]{0,62}$' AND other_service <> service_name");
                table.CheckConstraint("valid_service_name", "service_name ~ '^[a-z0-9][a-z0-9-]{0,62}$'");
                table.CheckConstraint("valid_undoing", "(undone_at IS NULL) = (undone_by IS NULL)");
                table.CheckConstraint("corrected_values_size", "pg_column_size(corrected_values) <= 65536");
                table.ForeignKey(
                    name: "fk_detection_corrections_users_corrected_by",
                    column: x => x.corrected_by,
                    principalTable: "users",
                    principalColumn: "id",
                    onDelete: ReferentialAction.Restrict);
                table.ForeignKey(
                    name: "fk_detection_corrections_users_undone_by",
                    column: x => x.undone_by,
                    principalTable: "users",
                    principalColumn: "id",
                    onDelete: ReferentialAction.Restrict);
                table.ForeignKey(
                    name: "fk_detection_corrections_workspaces_team_id_workspace_id",
                    columns: x => new { x.team_id, x.workspace_id },
                    principalTable: "workspaces",
                    principalColumns: new[] { "team_id", "id" },
                    onDelete: ReferentialAction.Cascade);
            });

        migrationBuilder.CreateIndex(name: "ix_detection_corrections_in_force", table: "detection_corrections", columns: new[] { "workspace_id", "folder_path", "service_name", "other_service" }, unique: true, filter: "undone_at IS NULL").Annotation("Npgsql:NullsDistinct", false);
        migrationBuilder.CreateIndex(name: "ix_detection_corrections_team_id_workspace_id", table: "detection_corrections", columns: new[] { "team_id", "workspace_id" });

        migrationBuilder.Protect("detection_corrections", portal: "SELECT", worker: "SELECT, INSERT, UPDATE (undone_at, undone_by)");
        migrationBuilder.Sql(
            """
            CREATE TRIGGER notify_row AFTER INSERT OR DELETE ON detection_corrections FOR EACH ROW EXECUTE FUNCTION notify_change();
            CREATE TRIGGER notify_update AFTER UPDATE ON detection_corrections FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION notify_change();
            """);
    }

    protected override void Down(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.DropTable(name: "detection_corrections");
    }
}
