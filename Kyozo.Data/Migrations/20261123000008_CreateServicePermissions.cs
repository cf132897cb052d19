using Kyozo.Data.Schema;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Kyozo.Data.Migrations;

/// <summary>Seed 7: who may do what with which service.</summary>
[DbContext(typeof(KyozoContext))]
[Migration("20261123000008_CreateServicePermissions")]
sealed class CreateServicePermissions : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.CreateTable(
            name: "service_permissions",
            columns: table => new
            {
                id = table.Column<Guid>(type: "uuid", nullable: false),
                team_id = table.Column<Guid>(type: "uuid", nullable: false),
                service_instance_id = table.Column<Guid>(type: "uuid", nullable: false),
                user_id = table.Column<Guid>(type: "uuid", nullable: false),
                permission_type = table.Column<string>(type: "text", nullable: false),
                granted_by = table.Column<Guid>(type: "uuid", nullable: false),
                granted_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()"),
                revoked_by = table.Column<Guid>(type: "uuid", nullable: true),
                revoked_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true)
            },
            constraints: table =>
            {
                table.PrimaryKey("pk_service_permissions", x => x.id);
                table.CheckConstraint("valid_permission_type", "permission_type IN ('deploy_service', 'stop_service', 'scale_service', 'view_logs', 'modify_config', 'delete_service')");
                table.CheckConstraint("valid_revocation", "(revoked_at IS NULL) = (revoked_by IS NULL)");
                table.ForeignKey(
                    name: "fk_service_permissions_service_instances_team_id_service_insta",
                    columns: x => new { x.team_id, x.service_instance_id },
                    principalTable: "service_instances",
                    principalColumns: new[] { "team_id", "id" },
                    onDelete: ReferentialAction.Restrict);
                table.ForeignKey(
                    name: "fk_service_permissions_users_granted_by",
                    column: x => x.granted_by,
                    principalTable: "users",
                    principalColumn: "id",
                    onDelete: ReferentialAction.Restrict);
                table.ForeignKey(
                    name: "fk_service_permissions_users_revoked_by",
                    column: x => x.revoked_by,
                    principalTable: "users",
                    principalColumn: "id",
                    onDelete: ReferentialAction.Restrict);
                table.ForeignKey(
                    name: "fk_service_permissions_users_user_id",
                    column: x => x.user_id,
                    principalTable: "users",
                    principalColumn: "id",
                    onDelete: ReferentialAction.Restrict);
            });

        migrationBuilder.CreateIndex(name: "ix_service_permissions_service_instance_id_user_id_permission_", table: "service_permissions", columns: new[] { "service_instance_id", "user_id", "permission_type" }, unique: true, filter: "revoked_at IS NULL");
        migrationBuilder.CreateIndex(name: "ix_service_permissions_team_id_service_instance_id_granted_at", table: "service_permissions", columns: new[] { "team_id", "service_instance_id", "granted_at" }, descending: new[] { false, false, true });
        migrationBuilder.CreateIndex(name: "ix_service_permissions_team_id_user_id", table: "service_permissions", columns: new[] { "team_id", "user_id" }, filter: "revoked_at IS NULL");
        migrationBuilder.CreateIndex(name: "ix_service_permissions_team_id_user_id_granted_at", table: "service_permissions", columns: new[] { "team_id", "user_id", "granted_at" }, descending: new[] { false, false, true });

        migrationBuilder.Protect("service_permissions", portal: "SELECT, INSERT, UPDATE (revoked_by, revoked_at)", worker: "SELECT");
        migrationBuilder.RestrictPortalInserts("service_permissions", $"granted_by = {TenantTable.CurrentUser}");
    }

    protected override void Down(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.DropTable(name: "service_permissions");
    }
}
