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
        migrationBuilder.Sql(
            $"""
            CREATE TABLE health_rollups (
                service_instance_id uuid NOT NULL,
                check_type text NOT NULL,
                resolution text NOT NULL,
                bucket timestamptz NOT NULL,
                team_id uuid NOT NULL,
                healthy bigint NOT NULL,
                unhealthy bigint NOT NULL,
                timed_out bigint NOT NULL,
                unknown bigint NOT NULL,
                answered bigint NOT NULL,
                response_time_sum_ms double precision NOT NULL,
                response_time_max_ms double precision NOT NULL,
                CONSTRAINT pk_health_rollups PRIMARY KEY (service_instance_id, resolution, bucket, check_type),
                CONSTRAINT valid_bucket CHECK ({RollupBuckets.Check}),
                CONSTRAINT valid_check_type CHECK (check_type IN ('http', 'tcp', 'exec', 'grpc', 'docker')),
                CONSTRAINT valid_counts CHECK (healthy >= 0 AND unhealthy >= 0 AND timed_out >= 0 AND unknown >= 0 AND answered BETWEEN 0 AND healthy + unhealthy + timed_out + unknown AND response_time_sum_ms >= 0 AND response_time_max_ms >= 0),
                CONSTRAINT valid_resolution CHECK (resolution IN ('minute', 'hour', 'day')),
                CONSTRAINT fk_health_rollups_service_instances_team_id_service_instance_id
                    FOREIGN KEY (team_id, service_instance_id) REFERENCES service_instances (team_id, id) ON DELETE CASCADE
            ) PARTITION BY LIST (resolution);

            CREATE TABLE metric_rollups (
                service_instance_id uuid NOT NULL,
                metric_type text NOT NULL,
                unit varchar(32) NOT NULL,
                resolution text NOT NULL,
                bucket timestamptz NOT NULL,
                team_id uuid NOT NULL,
                count bigint NOT NULL,
                sum double precision NOT NULL,
                min double precision NOT NULL,
                max double precision NOT NULL,
                last double precision NOT NULL,
                CONSTRAINT pk_metric_rollups PRIMARY KEY (service_instance_id, resolution, bucket, metric_type, unit),
                CONSTRAINT valid_bucket CHECK ({RollupBuckets.Check}),
                CONSTRAINT valid_metric_type CHECK (metric_type IN ('cpu', 'memory', 'disk', 'network', 'requests', 'errors')),
                CONSTRAINT valid_resolution CHECK (resolution IN ('minute', 'hour', 'day')),
                CONSTRAINT valid_values CHECK (count > 0 AND min >= 0 AND min <= max AND last BETWEEN min AND max),
                CONSTRAINT fk_metric_rollups_service_instances_team_id_service_instance_id
                    FOREIGN KEY (team_id, service_instance_id) REFERENCES service_instances (team_id, id) ON DELETE CASCADE
            ) PARTITION BY LIST (resolution);
            """);

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

        foreach (var table in new[] { "health_rollups", "metric_rollups" })
        {
            migrationBuilder.Protect(table, portal: "SELECT", worker: null);

            // Minutes are many and go soon: whole days of them, as of the rows that they are made from. Hours and days are few and go row by row.
            migrationBuilder.Sql(
                $"""
                CREATE TABLE {table}_minute PARTITION OF {table} FOR VALUES IN ('minute') PARTITION BY RANGE (bucket);
                CREATE TABLE {table}_hour PARTITION OF {table} FOR VALUES IN ('hour');
                CREATE TABLE {table}_day PARTITION OF {table} FOR VALUES IN ('day');
                """);
            foreach (var resolution in new[] { "minute", "hour", "day" })
            {
                migrationBuilder.EnableRowLevelSecurity($"{table}_{resolution}");
                migrationBuilder.Sql($"CREATE STATISTICS {table}_{resolution}_team_service (dependencies) ON team_id, service_instance_id FROM {table}_{resolution};");
            }
        }

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
