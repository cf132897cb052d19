using Kyozo.Data.Schema;
using Kyozo.Data.ServiceInstances;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Kyozo.Data.Migrations;

/// <summary>Seed 4: edges between services, with the rules that no row can break.</summary>
[DbContext(typeof(KyozoContext))]
[Migration("20261123000005_CreateServiceDependencies")]
sealed class CreateServiceDependencies : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.CreateTable(
            name: "service_dependencies",
            columns: table => new
            {
                id = table.Column<Guid>(type: "uuid", nullable: false),
                team_id = table.Column<Guid>(type: "uuid", nullable: false),
                workspace_id = table.Column<Guid>(type: "uuid", nullable: false),
                service_instance_id = table.Column<Guid>(type: "uuid", nullable: false),
                depends_on_id = table.Column<Guid>(type: "uuid", nullable: false),
                dependency_type = table.Column<string>(type: "text", nullable: false),
                startup_order = table.Column<int>(type: "integer", nullable: false, defaultValue: 0),
                env_variable = table.Column<string>(type: "character varying(128)", maxLength: 128, nullable: true),
                connection_template = table.Column<string>(type: "character varying(1000)", maxLength: 1000, nullable: true),
                created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
            },
            constraints: table =>
            {
                table.PrimaryKey("pk_service_dependencies", x => x.id);
                table.CheckConstraint("no_self_dependency", "service_instance_id <> depends_on_id");
                table.CheckConstraint("valid_connection_template", ConnectionTemplate.Check);
                table.CheckConstraint("valid_dependency_type", "dependency_type IN ('requires', 'optional', 'conflicts')");
                table.CheckConstraint("valid_env_variable", "env_variable ~ '^[A-Za-z_][A-Za-z0-9_]{0,127}$'");
                table.CheckConstraint("valid_startup_order", "startup_order >= 0");
                table.ForeignKey(
                    name: "fk_service_dependencies_service_instances_team_id_workspace_id",
                    columns: x => new { x.team_id, x.workspace_id, x.depends_on_id },
                    principalTable: "service_instances",
                    principalColumns: new[] { "team_id", "workspace_id", "id" },
                    onDelete: ReferentialAction.Cascade);
                table.ForeignKey(
                    name: "fk_service_dependencies_service_instances_team_id_workspace_id1",
                    columns: x => new { x.team_id, x.workspace_id, x.service_instance_id },
                    principalTable: "service_instances",
                    principalColumns: new[] { "team_id", "workspace_id", "id" },
                    onDelete: ReferentialAction.Cascade);
            });

        migrationBuilder.CreateIndex(name: "ix_service_dependencies_depends_on_id", table: "service_dependencies", column: "depends_on_id");
        migrationBuilder.CreateIndex(name: "ix_service_dependencies_service_instance_id_depends_on_id", table: "service_dependencies", columns: new[] { "service_instance_id", "depends_on_id" }, unique: true);
        migrationBuilder.CreateIndex(name: "ix_service_dependencies_team_id_workspace_id_startup_order", table: "service_dependencies", columns: new[] { "team_id", "workspace_id", "startup_order" });

        migrationBuilder.Protect("service_dependencies", portal: "SELECT, INSERT, UPDATE, DELETE", worker: "SELECT, INSERT, UPDATE, DELETE");

        migrationBuilder.Sql(
            """
            -- Only requires-edges gate the start, so only they must be free of cycles. The lock keeps transactions from closing a cycle together;
            -- what it waited for is seen only where each statement looks anew, so other isolation levels are refused.
            CREATE FUNCTION check_dependency() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
            DECLARE
                service_name text := (SELECT name FROM service_instances WHERE id = NEW.service_instance_id);
                other_name text := (SELECT name FROM service_instances WHERE id = NEW.depends_on_id);
                needed uuid[];
                circle text;
                at_service uuid;
            BEGIN
                IF NEW.service_instance_id = NEW.depends_on_id THEN
                    RAISE check_violation USING CONSTRAINT = 'no_self_dependency', TABLE = TG_TABLE_NAME,
                        MESSAGE = format('%s cannot depend on itself.', service_name);
                END IF;
                IF current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN
                    RAISE invalid_transaction_state USING
                        MESSAGE = 'Dependencies are changed under READ COMMITTED only: a fixed snapshot does not show the edge that another transaction has just added.';
                END IF;
                PERFORM pg_advisory_xact_lock(hashtextextended('kyozo dependencies ' || NEW.workspace_id, 0));

                IF EXISTS (
                    SELECT FROM service_dependencies d
                    WHERE d.id <> NEW.id
                      AND (d.service_instance_id, d.depends_on_id) IN ((NEW.service_instance_id, NEW.depends_on_id), (NEW.depends_on_id, NEW.service_instance_id))
                      AND (d.dependency_type, NEW.dependency_type) IN (('requires', 'conflicts'), ('conflicts', 'requires')))
                THEN
                    RAISE check_violation USING CONSTRAINT = 'no_requires_and_conflicts', TABLE = TG_TABLE_NAME,
                        MESSAGE = format('%s and %s cannot both require and exclude each other.', service_name, other_name);
                END IF;

                IF NEW.dependency_type <> 'requires' THEN RETURN NEW; END IF;
                needed := ARRAY(
                    WITH RECURSIVE needed (id) AS (
                        SELECT NEW.depends_on_id
                        UNION
                        SELECT d.depends_on_id FROM service_dependencies d JOIN needed n ON d.service_instance_id = n.id
                        WHERE d.dependency_type = 'requires' AND d.id <> NEW.id)
                    SELECT id FROM needed);
                IF NEW.service_instance_id = ANY (needed) THEN
                    -- One way back; the edges that are there have no circle, so it ends.
                    at_service := NEW.service_instance_id;
                    circle := service_name;
                    WHILE at_service <> NEW.depends_on_id LOOP
                        at_service := (
                            SELECT d.service_instance_id FROM service_dependencies d
                            WHERE d.depends_on_id = at_service AND d.dependency_type = 'requires' AND d.id <> NEW.id AND d.service_instance_id = ANY (needed)
                            ORDER BY d.service_instance_id LIMIT 1);
                        circle := (SELECT name FROM service_instances WHERE id = at_service) || ' → ' || circle;
                    END LOOP;
                    RAISE check_violation USING CONSTRAINT = 'no_dependency_cycle', TABLE = TG_TABLE_NAME,
                        MESSAGE = format('These services would wait for each other: %s → %s. Make one of the edges optional.', service_name, circle);
                END IF;
                RETURN NEW;
            END $$;

            CREATE TRIGGER check_dependency BEFORE INSERT OR UPDATE OF id, workspace_id, service_instance_id, depends_on_id, dependency_type ON service_dependencies
                FOR EACH ROW EXECUTE FUNCTION check_dependency();
            """);
    }

    protected override void Down(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.DropTable(name: "service_dependencies");

        migrationBuilder.Sql("DROP FUNCTION check_dependency();");
    }
}
