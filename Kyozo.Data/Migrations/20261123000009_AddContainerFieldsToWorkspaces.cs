using Kyozo.Data.Schema;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Kyozo.Data.Migrations;

/// <summary>Seed 8: container settings of workspaces.</summary>
[DbContext(typeof(KyozoContext))]
[Migration("20261123000009_AddContainerFieldsToWorkspaces")]
sealed class AddContainerFieldsToWorkspaces : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.AddColumn<bool>(name: "container_enabled", table: "workspaces", type: "boolean", nullable: false, defaultValue: true);
        migrationBuilder.AddColumn<string>(name: "service_topology", table: "workspaces", type: "jsonb", nullable: true);
        migrationBuilder.AddColumn<bool>(name: "auto_deploy_enabled", table: "workspaces", type: "boolean", nullable: false, defaultValue: false);
        migrationBuilder.AddColumn<string>(name: "deployment_environment", table: "workspaces", type: "character varying(63)", maxLength: 63, nullable: false, defaultValue: "production");
        migrationBuilder.AddColumn<string>(name: "container_registry_url", table: "workspaces", type: "character varying(500)", maxLength: 500, nullable: true);
        migrationBuilder.AddColumn<string>(name: "default_resource_limits", table: "workspaces", type: "jsonb", nullable: false, defaultValueSql: "'{}'::jsonb");

        migrationBuilder.AddCheckConstraint(name: "default_resource_limits_size", table: "workspaces", sql: "pg_column_size(default_resource_limits) <= 4096");
        migrationBuilder.AddCheckConstraint(name: "service_topology_size", table: "workspaces", sql: "pg_column_size(service_topology) <= 4194304");

        migrationBuilder.CreateIndex(name: "ix_workspaces_auto_deploy", table: "workspaces", column: "team_id", filter: "auto_deploy_enabled AND deleted_at IS NULL");

        migrationBuilder.Grant("workspaces", DatabaseRoles.Portal, "UPDATE (container_enabled, auto_deploy_enabled, deployment_environment, container_registry_url, default_resource_limits)");
    }

    protected override void Down(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.DropColumn(name: "default_resource_limits", table: "workspaces");
        migrationBuilder.DropColumn(name: "container_registry_url", table: "workspaces");
        migrationBuilder.DropColumn(name: "deployment_environment", table: "workspaces");
        migrationBuilder.DropColumn(name: "auto_deploy_enabled", table: "workspaces");
        migrationBuilder.DropColumn(name: "service_topology", table: "workspaces");
        migrationBuilder.DropColumn(name: "container_enabled", table: "workspaces");
    }
}
