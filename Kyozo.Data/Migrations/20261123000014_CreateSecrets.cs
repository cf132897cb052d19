using Kyozo.Data.Schema;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Kyozo.Data.Migrations;

/// <summary>Encrypted values; only the worker reads them.</summary>
[DbContext(typeof(KyozoContext))]
[Migration("20261123000014_CreateSecrets")]
sealed class CreateSecrets : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.CreateTable(
            name: "secrets",
            columns: table => new
            {
                id = table.Column<Guid>(type: "uuid", nullable: false),
                team_id = table.Column<Guid>(type: "uuid", nullable: false),
                workspace_id = table.Column<Guid>(type: "uuid", nullable: false),
                service_instance_id = table.Column<Guid>(type: "uuid", nullable: true),
                name = table.Column<string>(type: "character varying(128)", maxLength: 128, nullable: false),
                ciphertext = table.Column<byte[]>(type: "bytea", nullable: false),
                updated_by = table.Column<Guid>(type: "uuid", nullable: false),
                updated_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
            },
            constraints: table =>
            {
                table.PrimaryKey("pk_secrets", x => x.id);
                table.CheckConstraint("ciphertext_size", "octet_length(ciphertext) BETWEEN 28 AND 65564");
                table.CheckConstraint("valid_secret_name", "name ~ '^[A-Za-z_][A-Za-z0-9_]{0,127}$'");
                table.ForeignKey(
                    name: "fk_secrets_service_instances_team_id_service_instance_id",
                    columns: x => new { x.team_id, x.service_instance_id },
                    principalTable: "service_instances",
                    principalColumns: new[] { "team_id", "id" },
                    onDelete: ReferentialAction.Cascade);
                table.ForeignKey(
                    name: "fk_secrets_users_updated_by",
                    column: x => x.updated_by,
                    principalTable: "users",
                    principalColumn: "id",
                    onDelete: ReferentialAction.Restrict);
                table.ForeignKey(
                    name: "fk_secrets_workspaces_team_id_workspace_id",
                    columns: x => new { x.team_id, x.workspace_id },
                    principalTable: "workspaces",
                    principalColumns: new[] { "team_id", "id" },
                    onDelete: ReferentialAction.Cascade);
            });

        migrationBuilder.CreateIndex(name: "ix_secrets_team_id_service_instance_id", table: "secrets", columns: new[] { "team_id", "service_instance_id" });
        migrationBuilder.CreateIndex(name: "ix_secrets_workspace_id_service_instance_id_name", table: "secrets", columns: new[] { "workspace_id", "service_instance_id", "name" }, unique: true).Annotation("Npgsql:NullsDistinct", false);

        migrationBuilder.Protect("secrets", portal: "SELECT (id, team_id, workspace_id, service_instance_id, name, updated_by, updated_at)", worker: "SELECT, INSERT, UPDATE, DELETE");
    }

    protected override void Down(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.DropTable(name: "secrets");
    }
}
