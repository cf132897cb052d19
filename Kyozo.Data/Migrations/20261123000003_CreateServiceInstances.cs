using Kyozo.Data.Schema;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Kyozo.Data.Migrations;

/// <summary>Seed 2: services and their lifecycle.</summary>
[DbContext(typeof(KyozoContext))]
[Migration("20261123000003_CreateServiceInstances")]
sealed class CreateServiceInstances : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.CreateTable(
            name: "service_instances",
            columns: table => new
            {
                id = table.Column<Guid>(type: "uuid", nullable: false),
                team_id = table.Column<Guid>(type: "uuid", nullable: false),
                workspace_id = table.Column<Guid>(type: "uuid", nullable: false),
                topology_detection_id = table.Column<Guid>(type: "uuid", nullable: true),
                name = table.Column<string>(type: "character varying(63)", maxLength: 63, nullable: false),
                folder_path = table.Column<string>(type: "character varying(4096)", maxLength: 4096, nullable: false),
                service_type = table.Column<string>(type: "text", nullable: false),
                deployment_config = table.Column<string>(type: "jsonb", nullable: false, defaultValueSql: "'{}'::jsonb"),
                port_mappings = table.Column<string>(type: "jsonb", nullable: false, defaultValueSql: "'[]'::jsonb"),
                resource_limits = table.Column<string>(type: "jsonb", nullable: false, defaultValueSql: "'{}'::jsonb"),
                scaling_config = table.Column<string>(type: "jsonb", nullable: false, defaultValueSql: "'{}'::jsonb"),
                status = table.Column<string>(type: "text", nullable: false, defaultValue: "detected"),
                status_reason = table.Column<string>(type: "character varying(500)", maxLength: 500, nullable: true),
                status_since = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()"),
                wanted_running = table.Column<bool>(type: "boolean", nullable: false, defaultValue: false),
                health = table.Column<string>(type: "text", nullable: false, defaultValue: "unknown"),
                health_since = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                image_id = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: true),
                release_id = table.Column<Guid>(type: "uuid", nullable: true),
                container_id = table.Column<string>(type: "character varying(128)", maxLength: 128, nullable: true),
                generation = table.Column<long>(type: "bigint", nullable: false, defaultValue: 1L),
                created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()"),
                updated_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()"),
                deleted_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true)
            },
            constraints: table =>
            {
                table.PrimaryKey("pk_service_instances", x => x.id);
                table.UniqueConstraint("ak_service_instances_team_id_id", x => new { x.team_id, x.id });
                table.UniqueConstraint("ak_service_instances_team_id_workspace_id_id", x => new { x.team_id, x.workspace_id, x.id });
                table.CheckConstraint("deployment_config_size", "pg_column_size(deployment_config) <= 262144");
                table.CheckConstraint("port_mappings_size", "pg_column_size(port_mappings) <= 16384");
                table.CheckConstraint("resource_limits_size", "pg_column_size(resource_limits) <= 4096");
                table.CheckConstraint("scaling_config_size", "pg_column_size(scaling_config) <= 4096");
                table.CheckConstraint("valid_folder_path", "folder_path LIKE '/%'");
                table.CheckConstraint("valid_health", "health IN ('unknown', 'healthy', 'unhealthy')");
                table.CheckConstraint("valid_name", "name ~ '^[a-z0-9][a-z0-9-]{0,62}$'");
                table.CheckConstraint("valid_service_type", "service_type IN ('nodejs', 'bun', 'deno', 'python', 'dotnet', 'fsharp', 'vb', 'go', 'java', 'kotlin', 'scala', 'clojure', 'php', 'ruby', 'rust', 'elixir', 'gleam', 'haskell', 'swift', 'crystal', 'zig', 'dart', 'cpp', 'cobol', 'scheme', 'static', 'shell', 'dockerfile', 'image', 'custom', 'postgres', 'mysql', 'mariadb', 'mssql', 'mongodb', 'redis', 'rabbitmq', 'kafka', 'elasticsearch', 'memcached', 'nginx', 'minio', 'cassandra', 'clickhouse')");
                table.CheckConstraint("valid_status", "status IN ('detected', 'queued', 'building', 'starting', 'running', 'degraded', 'crash_looping', 'stopping', 'stopped', 'failed', 'unknown')");
                table.ForeignKey(
                    name: "fk_service_instances_workspaces_team_id_workspace_id",
                    columns: x => new { x.team_id, x.workspace_id },
                    principalTable: "workspaces",
                    principalColumns: new[] { "team_id", "id" },
                    onDelete: ReferentialAction.Restrict);
            });

        migrationBuilder.AddOptionalForeignKey("fk_service_instances_topology_detections_team_id_topology_dete", "service_instances", "topology_detection_id", "topology_detections");

        migrationBuilder.CreateIndex(name: "ix_service_instances_deployment_config", table: "service_instances", column: "deployment_config").Annotation("Npgsql:IndexMethod", "gin").Annotation("Npgsql:IndexOperators", new[] { "jsonb_path_ops" });
        migrationBuilder.CreateIndex(name: "ix_service_instances_team_id_workspace_id_status", table: "service_instances", columns: new[] { "team_id", "workspace_id", "status" });
        migrationBuilder.CreateIndex(name: "ix_service_instances_trouble", table: "service_instances", columns: new[] { "team_id", "status" }, filter: "status IN ('degraded', 'crash_looping', 'failed', 'unknown') AND deleted_at IS NULL");
        migrationBuilder.CreateIndex(name: "ix_service_instances_workspace_id_name", table: "service_instances", columns: new[] { "workspace_id", "name" }, unique: true, filter: "deleted_at IS NULL");

        migrationBuilder.Protect("service_instances", portal: "SELECT, UPDATE (folder_path, service_type, deployment_config, port_mappings, resource_limits, scaling_config, generation, updated_at)", worker: "SELECT, INSERT, UPDATE", gateway: "SELECT (id, team_id, workspace_id, name)");

        migrationBuilder.TakeTeamFromWorkspace("service_instances");
    }

    protected override void Down(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.DropTable(name: "service_instances");
    }
}
