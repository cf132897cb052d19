using Kyozo.Data.Schema;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Kyozo.Data.Migrations;

/// <summary>Seed 3: the services' trail, its archive, and the only function that writes it.</summary>
[DbContext(typeof(KyozoContext))]
[Migration("20261123000004_CreateDeploymentEvents")]
sealed class CreateDeploymentEvents : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.Sql(
            """
            CREATE TABLE deployment_events (
                id uuid NOT NULL,
                occurred_at timestamptz NOT NULL,
                team_id uuid NOT NULL,
                service_instance_id uuid NOT NULL,
                event_type text NOT NULL,
                event_data jsonb NOT NULL,
                error_message varchar(4000),
                duration_ms bigint,
                sequence_num bigint NOT NULL,
                user_id uuid,
                hash bytea NOT NULL,
                CONSTRAINT pk_deployment_events PRIMARY KEY (id, occurred_at),
                CONSTRAINT event_data_size CHECK (pg_column_size(event_data) <= 65536),
                CONSTRAINT valid_duration CHECK (duration_ms >= 0),
                CONSTRAINT valid_event_type CHECK (event_type IN ('deployment_started', 'deployment_completed', 'deployment_failed', 'service_started', 'service_stopped', 'service_restarted', 'service_scaled', 'health_check_passed', 'health_check_failed', 'configuration_updated', 'image_built', 'image_pushed')),
                CONSTRAINT fk_deployment_events_users_user_id FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE RESTRICT,
                CONSTRAINT fk_deployment_events_service_instances_team_id_service_instanc
                    FOREIGN KEY (team_id, service_instance_id) REFERENCES service_instances (team_id, id) ON DELETE RESTRICT
            ) PARTITION BY RANGE (occurred_at);

            CREATE STATISTICS deployment_events_team_service (dependencies) ON team_id, service_instance_id FROM deployment_events;
            """);

        migrationBuilder.CreateIndex(name: "ix_deployment_events_failures", table: "deployment_events", columns: new[] { "team_id", "occurred_at" }, descending: new[] { false, true }, filter: "event_type IN ('deployment_failed', 'health_check_failed')");
        migrationBuilder.CreateIndex(name: "ix_deployment_events_service_instance_id_occurred_at", table: "deployment_events", columns: new[] { "service_instance_id", "occurred_at" }, descending: new[] { false, true });
        migrationBuilder.CreateIndex(name: "ix_deployment_events_team_id_occurred_at", table: "deployment_events", columns: new[] { "team_id", "occurred_at" }, descending: new[] { false, true });

        migrationBuilder.Protect("deployment_events", portal: "SELECT", worker: "SELECT");

        // Whole partitions move here, so it is cut by the same days and has the same indexes.
        migrationBuilder.Sql("CREATE TABLE deployment_events_archive (LIKE deployment_events INCLUDING ALL) PARTITION BY RANGE (occurred_at);");
        migrationBuilder.Protect("deployment_events_archive", portal: "SELECT", worker: "SELECT");

        migrationBuilder.Sql(
            """
            CREATE TABLE event_heads (
                service_instance_id uuid NOT NULL,
                team_id uuid NOT NULL,
                last_sequence_num bigint NOT NULL,
                last_occurred_at timestamptz NOT NULL,
                last_hash bytea NOT NULL,
                CONSTRAINT pk_event_heads PRIMARY KEY (service_instance_id),
                CONSTRAINT fk_event_heads_service_instances_team_id_service_instance_id
                    FOREIGN KEY (team_id, service_instance_id) REFERENCES service_instances (team_id, id) ON DELETE RESTRICT
            );
            """);

        migrationBuilder.EnableRowLevelSecurity("event_heads");

        migrationBuilder.Sql(
            $"""
            -- The portal writes only into its actor's team and in nobody else's name; the worker has checked who asked.
            CREATE FUNCTION require_own_trail(p_team_id uuid, p_user_id uuid) RETURNS void LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
            BEGIN
                IF session_user <> '{DatabaseRoles.Portal}' THEN RETURN; END IF;
                IF p_team_id IS DISTINCT FROM nullif(current_setting('app.team_id', true), '')::uuid THEN
                    RAISE insufficient_privilege USING MESSAGE = 'The trail of another team cannot be written.';
                END IF;
                IF p_user_id IS DISTINCT FROM nullif(current_setting('app.user_id', true), '')::uuid AND p_user_id IS NOT NULL THEN
                    RAISE insufficient_privilege USING MESSAGE = 'The trail cannot be written in the name of another user.';
                END IF;
            END $$;

            CREATE FUNCTION deployment_event_hash(previous bytea, e deployment_events) RETURNS bytea LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
                SELECT sha256(previous || convert_to(jsonb_build_array(
                    e.id, e.team_id, e.service_instance_id, e.event_type, e.event_data, e.error_message, e.duration_ms, e.sequence_num,
                    (extract(epoch FROM e.occurred_at) * 1000000)::bigint, e.user_id)::text, 'UTF8'))
            $$;

            CREATE FUNCTION append_event(p_id uuid, p_team_id uuid, p_service_instance_id uuid, p_event_type text, p_event_data jsonb,
                p_error_message text DEFAULT NULL, p_duration_ms bigint DEFAULT NULL, p_user_id uuid DEFAULT NULL)
            RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
            DECLARE
                head event_heads;
                line deployment_events;
            BEGIN
                PERFORM require_own_trail(p_team_id, p_user_id);

                -- The lock on the head puts the writers of one service in a row: numbers have no gaps, times do not run back.
                SELECT * INTO head FROM event_heads WHERE service_instance_id = p_service_instance_id AND team_id = p_team_id FOR UPDATE;
                IF NOT FOUND THEN
                    INSERT INTO event_heads VALUES (p_service_instance_id, p_team_id, 0, '-infinity', '') ON CONFLICT DO NOTHING;
                    SELECT * INTO head FROM event_heads WHERE service_instance_id = p_service_instance_id AND team_id = p_team_id FOR UPDATE;
                    IF NOT FOUND THEN RAISE foreign_key_violation USING MESSAGE = 'No such service in this team.'; END IF;
                END IF;

                line.id := p_id;
                line.team_id := p_team_id;
                line.service_instance_id := p_service_instance_id;
                line.event_type := p_event_type;
                line.event_data := p_event_data;
                line.error_message := p_error_message;
                line.duration_ms := p_duration_ms;
                line.sequence_num := head.last_sequence_num + 1;
                line.occurred_at := greatest(clock_timestamp(), head.last_occurred_at);
                line.user_id := p_user_id;
                line.hash := deployment_event_hash(head.last_hash, line);

                INSERT INTO deployment_events SELECT line.*;
                UPDATE event_heads SET last_sequence_num = line.sequence_num, last_occurred_at = line.occurred_at, last_hash = line.hash
                WHERE service_instance_id = p_service_instance_id;
                RETURN line.sequence_num;
            END $$;

            REVOKE ALL ON FUNCTION append_event, deployment_event_hash, require_own_trail FROM PUBLIC;
            GRANT EXECUTE ON FUNCTION append_event TO {DatabaseRoles.Portal}, {DatabaseRoles.Worker};
            """);
    }

    protected override void Down(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.Sql("DROP FUNCTION append_event, deployment_event_hash, require_own_trail;");

        migrationBuilder.DropTable(name: "event_heads");
        migrationBuilder.DropTable(name: "deployment_events_archive");
        migrationBuilder.DropTable(name: "deployment_events");
    }
}
