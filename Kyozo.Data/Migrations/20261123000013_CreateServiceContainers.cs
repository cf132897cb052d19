using Kyozo.Data.Schema;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Kyozo.Data.Migrations;

/// <summary>Every container that Kyozo made, and the ports of the host kept for one use each.</summary>
[DbContext(typeof(KyozoContext))]
[Migration("20261123000013_CreateServiceContainers")]
sealed class CreateServiceContainers : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.CreateTable(
            name: "service_containers",
            columns: table => new
            {
                id = table.Column<Guid>(type: "uuid", nullable: false),
                team_id = table.Column<Guid>(type: "uuid", nullable: false),
                service_instance_id = table.Column<Guid>(type: "uuid", nullable: false),
                engine_id = table.Column<Guid>(type: "uuid", nullable: false),
                release_id = table.Column<Guid>(type: "uuid", nullable: true),
                replica = table.Column<int>(type: "integer", nullable: false),
                epoch = table.Column<long>(type: "bigint", nullable: false),
                spec_hash = table.Column<string>(type: "character varying(64)", maxLength: 64, nullable: false),
                container_id = table.Column<string>(type: "character varying(128)", maxLength: 128, nullable: true),
                container_name = table.Column<string>(type: "character varying(255)", maxLength: 255, nullable: false),
                image_id = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: false),
                host_ports = table.Column<string>(type: "jsonb", nullable: false, defaultValueSql: "'{}'::jsonb"),
                status = table.Column<string>(type: "text", nullable: false, defaultValue: "created"),
                in_service = table.Column<bool>(type: "boolean", nullable: false, defaultValue: false),
                restart_count = table.Column<int>(type: "integer", nullable: false, defaultValue: 0),
                created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()"),
                removed_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true)
            },
            constraints: table =>
            {
                table.PrimaryKey("pk_service_containers", x => x.id);
                table.UniqueConstraint("ak_service_containers_team_id_id", x => new { x.team_id, x.id });
                table.CheckConstraint("host_ports_size", "pg_column_size(host_ports) <= 16384");
                table.CheckConstraint("valid_container_status", "status IN ('created', 'running', 'exited', 'removed')");
                table.CheckConstraint("valid_replica", "replica >= 1");
                table.ForeignKey(
                    name: "fk_service_containers_engines_engine_id",
                    column: x => x.engine_id,
                    principalTable: "engines",
                    principalColumn: "id",
                    onDelete: ReferentialAction.Restrict);
                table.ForeignKey(
                    name: "fk_service_containers_service_instances_team_id_service_instan",
                    columns: x => new { x.team_id, x.service_instance_id },
                    principalTable: "service_instances",
                    principalColumns: new[] { "team_id", "id" },
                    onDelete: ReferentialAction.Restrict);
            });

        migrationBuilder.CreateTable(
            name: "port_reservations",
            columns: table => new
            {
                id = table.Column<Guid>(type: "uuid", nullable: false),
                engine_id = table.Column<Guid>(type: "uuid", nullable: false),
                team_id = table.Column<Guid>(type: "uuid", nullable: false),
                service_instance_id = table.Column<Guid>(type: "uuid", nullable: false),
                service_container_id = table.Column<Guid>(type: "uuid", nullable: true),
                port = table.Column<int>(type: "integer", nullable: false),
                use = table.Column<string>(type: "text", nullable: false),
                container_port = table.Column<int>(type: "integer", nullable: false),
                reserved_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
            },
            constraints: table =>
            {
                table.PrimaryKey("pk_port_reservations", x => x.id);
                table.CheckConstraint("valid_port", "port BETWEEN 1 AND 65535 AND container_port BETWEEN 1 AND 65535");
                table.CheckConstraint("valid_port_use", "use IN ('gateway', 'container')");
                table.ForeignKey(
                    name: "fk_port_reservations_engines_engine_id",
                    column: x => x.engine_id,
                    principalTable: "engines",
                    principalColumn: "id",
                    onDelete: ReferentialAction.Restrict);
                table.ForeignKey(
                    name: "fk_port_reservations_service_containers_team_id_service_contai",
                    columns: x => new { x.team_id, x.service_container_id },
                    principalTable: "service_containers",
                    principalColumns: new[] { "team_id", "id" },
                    onDelete: ReferentialAction.Cascade);
                table.ForeignKey(
                    name: "fk_port_reservations_service_instances_team_id_service_instanc",
                    columns: x => new { x.team_id, x.service_instance_id },
                    principalTable: "service_instances",
                    principalColumns: new[] { "team_id", "id" },
                    onDelete: ReferentialAction.Cascade);
            });

        migrationBuilder.AddOptionalForeignKey("fk_service_containers_releases_team_id_release_id", "service_containers", "release_id", "releases");

        migrationBuilder.CreateIndex(name: "ix_service_containers_engine_id_container_id", table: "service_containers", columns: new[] { "engine_id", "container_id" }, unique: true, filter: "container_id IS NOT NULL");
        migrationBuilder.CreateIndex(name: "ix_service_containers_service_instance_id_replica", table: "service_containers", columns: new[] { "service_instance_id", "replica" }, filter: "removed_at IS NULL");
        migrationBuilder.CreateIndex(name: "ix_service_containers_team_id", table: "service_containers", column: "team_id");
        migrationBuilder.CreateIndex(name: "ix_port_reservations_engine_id_port", table: "port_reservations", columns: new[] { "engine_id", "port" }, unique: true);
        migrationBuilder.CreateIndex(name: "ix_port_reservations_service_container_id", table: "port_reservations", column: "service_container_id");
        migrationBuilder.CreateIndex(name: "ix_port_reservations_team_id_service_instance_id", table: "port_reservations", columns: new[] { "team_id", "service_instance_id" });

        migrationBuilder.Protect("service_containers", portal: "SELECT", worker: "SELECT, INSERT, UPDATE, DELETE", gateway: "SELECT");
        migrationBuilder.Protect("port_reservations", portal: "SELECT", worker: "SELECT, INSERT, UPDATE, DELETE", gateway: "SELECT");
    }

    protected override void Down(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.DropTable(name: "port_reservations");
        migrationBuilder.DropTable(name: "service_containers");
    }
}
