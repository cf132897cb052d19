using Kyozo.Data.Schema;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Kyozo.Data.Migrations;

/// <summary>Seed 6: measured values.</summary>
[DbContext(typeof(KyozoContext))]
[Migration("20261123000007_CreateServiceMetrics")]
sealed class CreateServiceMetrics : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.Sql(
            """
            CREATE TABLE service_metrics (
                id uuid NOT NULL,
                recorded_at timestamptz NOT NULL,
                team_id uuid NOT NULL,
                service_instance_id uuid NOT NULL,
                metric_type text NOT NULL,
                value double precision NOT NULL,
                unit varchar(32) NOT NULL,
                container_id varchar(128),
                CONSTRAINT pk_service_metrics PRIMARY KEY (id, recorded_at),
                CONSTRAINT valid_metric_type CHECK (metric_type IN ('cpu', 'memory', 'disk', 'network', 'requests', 'errors')),
                CONSTRAINT valid_value CHECK (value >= 0 AND value < 'Infinity' AND (metric_type NOT IN ('cpu', 'memory', 'disk') OR value <= 1)),
                CONSTRAINT fk_service_metrics_service_instances_team_id_service_instance_
                    FOREIGN KEY (team_id, service_instance_id) REFERENCES service_instances (team_id, id) ON DELETE CASCADE
            ) PARTITION BY RANGE (recorded_at);

            CREATE STATISTICS service_metrics_team_service (dependencies) ON team_id, service_instance_id FROM service_metrics;
            """);

        migrationBuilder.CreateIndex(name: "ix_service_metrics_high", table: "service_metrics", columns: new[] { "team_id", "recorded_at" }, descending: new[] { false, true }, filter: "value > 0.8 AND metric_type IN ('cpu', 'memory', 'disk')");
        migrationBuilder.CreateIndex(name: "ix_service_metrics_service_instance_id_metric_type_recorded_at", table: "service_metrics", columns: new[] { "service_instance_id", "metric_type", "recorded_at" }, descending: new[] { false, false, true });

        migrationBuilder.Protect("service_metrics", portal: "SELECT", worker: "SELECT, INSERT");
    }

    protected override void Down(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.DropTable(name: "service_metrics");
    }
}
