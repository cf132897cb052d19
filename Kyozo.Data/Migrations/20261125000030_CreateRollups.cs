using Kyozo.Data.Retention;
using Kyozo.Data.Schema;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Kyozo.Data.Migrations;

/// <summary>Checks and metrics by minute, hour and day; what is still to be rolled up; longer retention of a workspace; writes outside of the prepared days.</summary>
[DbContext(typeof(KyozoContext))]
[Migration("20261125000030_CreateRollups")]
sealed class CreateRollups : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.CreateTable(
            name: "health_rollups",
            columns: table => new
            {
                service_instance_id = table.Column<Guid>(type: "uuid", nullable: false),
                check_type = table.Column<string>(type: "text", nullable: false),
                resolution = table.Column<string>(type: "text", nullable: false),
                bucket = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                team_id = table.Column<Guid>(type: "uuid", nullable: false),
                healthy = table.Column<long>(type: "bigint", nullable: false),
                unhealthy = table.Column<long>(type: "bigint", nullable: false),
                timed_out = table.Column<long>(type: "bigint", nullable: false),
                unknown = table.Column<long>(type: "bigint", nullable: false),
                answered = table.Column<long>(type: "bigint", nullable: false),
                response_time_sum_ms = table.Column<double>(type: "double precision", nullable: false),
                response_time_max_ms = table.Column<double>(type: "double precision", nullable: false)
            },
            constraints: table =>
            {
                table.PrimaryKey("pk_health_rollups", x => new { x.service_instance_id, x.resolution, x.bucket, x.check_type });
                table.CheckConstraint("valid_bucket", RollupBuckets.Check);
                table.CheckConstraint("valid_check_type", "check_type IN ('http', 'tcp', 'exec', 'grpc', 'docker')");
                table.CheckConstraint("valid_counts", "healthy >= 0 AND unhealthy >= 0 AND timed_out >= 0 AND unknown >= 0 AND answered BETWEEN 0 AND healthy + unhealthy + timed_out + unknown AND response_time_sum_ms >= 0 AND response_time_max_ms >= 0");
                table.CheckConstraint("valid_resolution", "resolution IN ('minute', 'hour', 'day')");
                table.ForeignKey(
                    name: "fk_health_rollups_service_instances_team_id_service_instance_id",
                    columns: x => new { x.team_id, x.service_instance_id },
                    principalTable: "service_instances",
                    principalColumns: new[] { "team_id", "id" },
                    onDelete: ReferentialAction.Cascade);
            });

        migrationBuilder.CreateTable(
            name: "metric_rollups",
            columns: table => new
            {
                service_instance_id = table.Column<Guid>(type: "uuid", nullable: false),
                metric_type = table.Column<string>(type: "text", nullable: false),
                unit = table.Column<string>(type: "character varying(32)", maxLength: 32, nullable: false),
                resolution = table.Column<string>(type: "text", nullable: false),
                bucket = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                team_id = table.Column<Guid>(type: "uuid", nullable: false),
                count = table.Column<long>(type: "bigint", nullable: false),
                sum = table.Column<double>(type: "double precision", nullable: false),
                min = table.Column<double>(type: "double precision", nullable: false),
                max = table.Column<double>(type: "double precision", nullable: false),
                last = table.Column<double>(type: "double precision", nullable: false)
            },
            constraints: table =>
            {
                table.PrimaryKey("pk_metric_rollups", x => new { x.service_instance_id, x.resolution, x.bucket, x.metric_type, x.unit });
                table.CheckConstraint("valid_bucket", RollupBuckets.Check);
                table.CheckConstraint("valid_metric_type", "metric_type IN ('cpu', 'memory', 'disk', 'network', 'requests', 'errors')");
                table.CheckConstraint("valid_resolution", "resolution IN ('minute', 'hour', 'day')");
                table.CheckConstraint("valid_values", "count > 0 AND min >= 0 AND min <= max AND last BETWEEN min AND max");
                table.ForeignKey(
                    name: "fk_metric_rollups_service_instances_team_id_service_instance_id",
                    columns: x => new { x.team_id, x.service_instance_id },
                    principalTable: "service_instances",
                    principalColumns: new[] { "team_id", "id" },
                    onDelete: ReferentialAction.Cascade);
            });

        migrationBuilder.CreateTable(
            name: "missing_partitions",
            columns: table => new
            {
                table_name = table.Column<string>(type: "character varying(63)", maxLength: 63, nullable: false),
                day = table.Column<DateOnly>(type: "date", nullable: false),
                first_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                last_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                writes = table.Column<long>(type: "bigint", nullable: false)
            },
            constraints: table =>
            {
                table.PrimaryKey("pk_missing_partitions", x => new { x.table_name, x.day });
                table.CheckConstraint("valid_writes", "writes > 0");
            });

        // What has been written and not yet been rolled up. No team, no key, no index: rows are only appended, read whole and deleted.
        migrationBuilder.Sql(
            """
            CREATE TABLE rollup_marks (
                source text NOT NULL,
                resolution text NOT NULL,
                bucket timestamptz NOT NULL,
                due_at timestamptz NOT NULL,
                CONSTRAINT valid_source CHECK (source IN ('health_checks', 'service_metrics')),
                CONSTRAINT valid_resolution CHECK (resolution IN ('minute', 'hour', 'day'))
            );
            """);

        foreach (var (table, column) in Marked)
        {
            // In the writer's transaction: whoever sees the mark sees the rows.
            migrationBuilder.Sql(
                $"""
                CREATE FUNCTION mark_{table}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
                BEGIN
                    INSERT INTO rollup_marks (source, resolution, bucket, due_at)
                    SELECT '{table}', 'minute', minute, minute + interval '1 minute'
                    FROM (SELECT DISTINCT date_bin('1 minute', {column}, timestamptz '1970-01-01 00:00:00+00') AS minute FROM written) minutes;
                    RETURN NULL;
                END $$;
                REVOKE ALL ON FUNCTION mark_{table} FROM PUBLIC;
                CREATE TRIGGER mark_for_rollup AFTER INSERT ON {table} REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION mark_{table}();

                CREATE INDEX ix_{table}_{column} ON {table} USING brin ({column}) WITH (pages_per_range = 32, autosummarize = on);

                INSERT INTO rollup_marks (source, resolution, bucket, due_at)
                SELECT DISTINCT '{table}', 'minute', date_bin('1 minute', {column}, timestamptz '1970-01-01 00:00:00+00'), now() FROM {table};
                """);
        }

        migrationBuilder.AddColumn<int>(name: "event_retention_days", table: "workspaces", type: "integer", nullable: true);
        migrationBuilder.AddColumn<int>(name: "health_check_retention_days", table: "workspaces", type: "integer", nullable: true);
        migrationBuilder.AddColumn<int>(name: "metric_retention_days", table: "workspaces", type: "integer", nullable: true);
        migrationBuilder.AddCheckConstraint(
            name: "valid_retention",
            table: "workspaces",
            sql: "event_retention_days BETWEEN 90 AND 365 AND health_check_retention_days BETWEEN 30 AND 365 AND metric_retention_days BETWEEN 7 AND 365");

        migrationBuilder.CreateIndex(name: "ix_health_rollups_resolution_bucket", table: "health_rollups", columns: new[] { "resolution", "bucket" });
        migrationBuilder.CreateIndex(name: "ix_metric_rollups_resolution_bucket", table: "metric_rollups", columns: new[] { "resolution", "bucket" });

        migrationBuilder.Protect("health_rollups", portal: "SELECT", worker: null);
        migrationBuilder.Protect("metric_rollups", portal: "SELECT", worker: null);
        migrationBuilder.Grant("missing_partitions", DatabaseRoles.Portal, "SELECT");
        migrationBuilder.Grant("missing_partitions", DatabaseRoles.Worker, "SELECT, INSERT, UPDATE, DELETE");
        migrationBuilder.Grant("workspaces", DatabaseRoles.Portal, "UPDATE (event_retention_days, health_check_retention_days, metric_retention_days)");
    }

    protected override void Down(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.DropCheckConstraint(name: "valid_retention", table: "workspaces");
        migrationBuilder.DropColumn(name: "metric_retention_days", table: "workspaces");
        migrationBuilder.DropColumn(name: "health_check_retention_days", table: "workspaces");
        migrationBuilder.DropColumn(name: "event_retention_days", table: "workspaces");

        foreach (var (table, column) in Marked)
            migrationBuilder.Sql($"DROP INDEX ix_{table}_{column}; DROP TRIGGER mark_for_rollup ON {table}; DROP FUNCTION mark_{table}();");

        migrationBuilder.DropTable(name: "rollup_marks");
        migrationBuilder.DropTable(name: "missing_partitions");
        migrationBuilder.DropTable(name: "metric_rollups");
        migrationBuilder.DropTable(name: "health_rollups");
    }

    static readonly (string Table, string Column)[] Marked = [("health_checks", "checked_at"), ("service_metrics", "recorded_at")];
}
