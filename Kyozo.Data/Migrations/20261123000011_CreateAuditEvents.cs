using Kyozo.Data.Schema;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Kyozo.Data.Migrations;

/// <summary>The trail about people, security and installation, per team, and the only function that writes it.</summary>
[DbContext(typeof(KyozoContext))]
[Migration("20261123000011_CreateAuditEvents")]
sealed class CreateAuditEvents : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.CreateTable(
            name: "audit_events",
            columns: table => new
            {
                id = table.Column<Guid>(type: "uuid", nullable: false),
                team_id = table.Column<Guid>(type: "uuid", nullable: false),
                actor_id = table.Column<Guid>(type: "uuid", nullable: true),
                action = table.Column<string>(type: "character varying(63)", maxLength: 63, nullable: false),
                target_type = table.Column<string>(type: "character varying(63)", maxLength: 63, nullable: true),
                target_id = table.Column<Guid>(type: "uuid", nullable: true),
                data = table.Column<string>(type: "jsonb", nullable: false),
                sequence_num = table.Column<long>(type: "bigint", nullable: false),
                occurred_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                hash = table.Column<byte[]>(type: "bytea", maxLength: 32, nullable: false)
            },
            constraints: table =>
            {
                table.PrimaryKey("pk_audit_events", x => x.id);
                table.CheckConstraint("data_size", "pg_column_size(data) <= 65536");
                table.CheckConstraint("valid_action", "action ~ '^[a-z][a-z0-9_]*$'");
                table.ForeignKey(
                    name: "fk_audit_events_teams_team_id",
                    column: x => x.team_id,
                    principalTable: "teams",
                    principalColumn: "id",
                    onDelete: ReferentialAction.Restrict);
                table.ForeignKey(
                    name: "fk_audit_events_users_actor_id",
                    column: x => x.actor_id,
                    principalTable: "users",
                    principalColumn: "id",
                    onDelete: ReferentialAction.Restrict);
            });

        migrationBuilder.CreateIndex(name: "ix_audit_events_team_id_action", table: "audit_events", columns: new[] { "team_id", "action" });
        migrationBuilder.CreateIndex(name: "ix_audit_events_team_id_occurred_at", table: "audit_events", columns: new[] { "team_id", "occurred_at" }, descending: new[] { false, true });
        migrationBuilder.CreateIndex(name: "ix_audit_events_team_id_sequence_num", table: "audit_events", columns: new[] { "team_id", "sequence_num" }, unique: true);

        migrationBuilder.Protect("audit_events", portal: "SELECT", worker: "SELECT");

        migrationBuilder.Sql(
            """
            CREATE TABLE audit_heads (
                team_id uuid NOT NULL,
                last_sequence_num bigint NOT NULL,
                last_occurred_at timestamptz NOT NULL,
                last_hash bytea NOT NULL,
                CONSTRAINT pk_audit_heads PRIMARY KEY (team_id),
                CONSTRAINT fk_audit_heads_teams_team_id FOREIGN KEY (team_id) REFERENCES teams (id) ON DELETE RESTRICT
            );
            """);

        migrationBuilder.EnableRowLevelSecurity("audit_heads");

        migrationBuilder.Sql(
            $"""
            CREATE FUNCTION audit_event_hash(previous bytea, e audit_events) RETURNS bytea LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
                SELECT sha256(previous || convert_to(jsonb_build_array(
                    e.id, e.team_id, e.actor_id, e.action, e.target_type, e.target_id, e.data, e.sequence_num,
                    (extract(epoch FROM e.occurred_at) * 1000000)::bigint)::text, 'UTF8'))
            $$;

            CREATE FUNCTION write_audit_event(p_id uuid, p_team_id uuid, p_action text, p_data jsonb, p_actor_id uuid, p_target_type text, p_target_id uuid)
            RETURNS bigint LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
            DECLARE
                head audit_heads;
                line audit_events;
            BEGIN
                SELECT * INTO head FROM audit_heads WHERE team_id = p_team_id FOR UPDATE;
                IF NOT FOUND THEN
                    INSERT INTO audit_heads VALUES (p_team_id, 0, '-infinity', '') ON CONFLICT DO NOTHING;
                    SELECT * INTO head FROM audit_heads WHERE team_id = p_team_id FOR UPDATE;
                END IF;

                line.id := p_id;
                line.team_id := p_team_id;
                line.actor_id := p_actor_id;
                line.action := p_action;
                line.target_type := p_target_type;
                line.target_id := p_target_id;
                line.data := p_data;
                line.sequence_num := head.last_sequence_num + 1;
                line.occurred_at := greatest(clock_timestamp(), head.last_occurred_at);
                line.hash := audit_event_hash(head.last_hash, line);

                INSERT INTO audit_events SELECT line.*;
                UPDATE audit_heads SET last_sequence_num = line.sequence_num, last_occurred_at = line.occurred_at, last_hash = line.hash
                WHERE team_id = p_team_id;
                RETURN line.sequence_num;
            END $$;

            CREATE FUNCTION append_audit_event(p_id uuid, p_team_id uuid, p_action text, p_data jsonb,
                p_actor_id uuid DEFAULT NULL, p_target_type text DEFAULT NULL, p_target_id uuid DEFAULT NULL)
            RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
            BEGIN
                PERFORM require_own_trail(p_team_id, p_actor_id);
                RETURN write_audit_event(p_id, p_team_id, p_action, p_data, p_actor_id, p_target_type, p_target_id);
            END $$;

            REVOKE ALL ON FUNCTION append_audit_event, write_audit_event, audit_event_hash FROM PUBLIC;
            GRANT EXECUTE ON FUNCTION append_audit_event TO {DatabaseRoles.Portal}, {DatabaseRoles.Worker};
            """);
    }

    protected override void Down(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.Sql("DROP FUNCTION append_audit_event, write_audit_event, audit_event_hash;");

        migrationBuilder.DropTable(name: "audit_heads");
        migrationBuilder.DropTable(name: "audit_events");
    }
}
