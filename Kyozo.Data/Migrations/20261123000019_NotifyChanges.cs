using Kyozo.Data.Schema;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Kyozo.Data.Migrations;

/// <summary>Hints on channel kyozo_changes for whoever shows or follows these tables; polling remains the truth.</summary>
[DbContext(typeof(KyozoContext))]
[Migration("20261123000019_NotifyChanges")]
sealed class NotifyChanges : Migration
{
    static readonly string[] Tables =
    [
        "service_instances", "service_containers", "port_reservations", "deployments", "deployment_steps", "service_permissions",
        "team_memberships", "workspaces", "topology_detections", "job_runs",
    ];

    protected override void Up(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.Sql(
            """
            CREATE FUNCTION notify_change() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
            DECLARE
                changed record;
                team uuid;
                subject uuid;
            BEGIN
                IF TG_OP = 'DELETE' THEN changed := OLD; ELSE changed := NEW; END IF;
                IF TG_TABLE_NAME NOT IN ('job_runs', 'backups') THEN team := changed.team_id; END IF;
                IF TG_TABLE_NAME = 'team_memberships' THEN subject := changed.user_id; ELSE subject := changed.id; END IF;
                PERFORM pg_notify('kyozo_changes', json_build_object('table', TG_TABLE_NAME, 'team', team, 'id', subject)::text);
                RETURN NULL;
            END $$;
            """);

        foreach (var table in Tables)
        {
            // A renewed lease is nothing to show.
            var change = table == "deployments"
                ? "(OLD.status, OLD.plan, OLD.outcome, OLD.cancel_requested_at) IS DISTINCT FROM (NEW.status, NEW.plan, NEW.outcome, NEW.cancel_requested_at)"
                : "OLD.* IS DISTINCT FROM NEW.*";
            migrationBuilder.Sql(
                $"""
                CREATE TRIGGER notify_row AFTER INSERT OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION notify_change();
                CREATE TRIGGER notify_update AFTER UPDATE ON {table} FOR EACH ROW WHEN ({change}) EXECUTE FUNCTION notify_change();
                """);
        }
    }

    protected override void Down(MigrationBuilder migrationBuilder)
    {
        foreach (var table in Tables) migrationBuilder.Sql($"DROP TRIGGER notify_row ON {table}; DROP TRIGGER notify_update ON {table};");

        migrationBuilder.Sql("DROP FUNCTION notify_change();");
    }
}
