using Kyozo.Data.Schema;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Kyozo.Data.Migrations;

/// <summary>Seed 5: probe results.</summary>
[DbContext(typeof(KyozoContext))]
[Migration("20261123000006_CreateHealthChecks")]
sealed class CreateHealthChecks : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.Sql(
            """
            CREATE TABLE health_checks (
                id uuid NOT NULL,
                checked_at timestamptz NOT NULL,
                team_id uuid NOT NULL,
                service_instance_id uuid NOT NULL,
                check_type text NOT NULL,
                status text NOT NULL,
                response_time_ms double precision,
                error_message varchar(500),
                container_id varchar(128),
                CONSTRAINT pk_health_checks PRIMARY KEY (id, checked_at),
                CONSTRAINT valid_check_type CHECK (check_type IN ('http', 'tcp', 'exec', 'grpc', 'docker')),
                CONSTRAINT valid_health_status CHECK (status IN ('healthy', 'unhealthy', 'timed_out', 'unknown')),
                CONSTRAINT valid_response_time CHECK (response_time_ms >= 0),
                CONSTRAINT fk_health_checks_service_instances_team_id_service_instance_id
                    FOREIGN KEY (team_id, service_instance_id) REFERENCES service_instances (team_id, id) ON DELETE CASCADE
            ) PARTITION BY RANGE (checked_at);

            CREATE STATISTICS health_checks_team_service (dependencies) ON team_id, service_instance_id FROM health_checks;
            """);

        migrationBuilder.CreateIndex(name: "ix_health_checks_failures", table: "health_checks", columns: new[] { "team_id", "checked_at" }, descending: new[] { false, true }, filter: "status IN ('unhealthy', 'timed_out')");
        migrationBuilder.CreateIndex(name: "ix_health_checks_service_instance_id_checked_at", table: "health_checks", columns: new[] { "service_instance_id", "checked_at" }, descending: new[] { false, true });
        migrationBuilder.CreateIndex(name: "ix_health_checks_service_instance_id_status_checked_at", table: "health_checks", columns: new[] { "service_instance_id", "status", "checked_at" }, descending: new[] { false, false, true });

        migrationBuilder.Protect("health_checks", portal: "SELECT", worker: "SELECT, INSERT");
    }

    protected override void Down(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.DropTable(name: "health_checks");
    }
}
