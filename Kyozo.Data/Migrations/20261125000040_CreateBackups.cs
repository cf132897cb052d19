using Kyozo.Data.Schema;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Kyozo.Data.Migrations;

/// <summary>Backups made, tried and checked. They are written by the maintenance role alone; the portal shows them.</summary>
[DbContext(typeof(KyozoContext))]
[Migration("20261125000040_CreateBackups")]
sealed class CreateBackups : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.CreateTable(
            name: "backups",
            columns: table => new
            {
                id = table.Column<Guid>(type: "uuid", nullable: false),
                started_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()"),
                finished_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                status = table.Column<string>(type: "text", nullable: false),
                file = table.Column<string>(type: "character varying(1000)", maxLength: 1000, nullable: true),
                size_bytes = table.Column<long>(type: "bigint", nullable: true),
                schema_version = table.Column<string>(type: "character varying(150)", maxLength: 150, nullable: true),
                row_counts = table.Column<string>(type: "jsonb", nullable: true),
                checked_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                outcome = table.Column<string>(type: "character varying(2000)", maxLength: 2000, nullable: true),
                node = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: false),
                requested_by = table.Column<Guid>(type: "uuid", nullable: true),
                removed_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true)
            },
            constraints: table =>
            {
                table.PrimaryKey("pk_backups", x => x.id);
                table.CheckConstraint("row_counts_size", "pg_column_size(row_counts) <= 262144");
                table.CheckConstraint("valid_backup_status", "status IN ('running', 'unchecked', 'good', 'failed', 'damaged')");
                table.ForeignKey(
                    name: "fk_backups_users_requested_by",
                    column: x => x.requested_by,
                    principalTable: "users",
                    principalColumn: "id",
                    onDelete: ReferentialAction.Restrict);
            });

        migrationBuilder.CreateIndex(name: "ix_backups_started_at", table: "backups", column: "started_at", descending: new bool[0]);

        migrationBuilder.Grant("backups", DatabaseRoles.Portal, "SELECT");
        migrationBuilder.Sql(
            """
            CREATE TRIGGER notify_row AFTER INSERT OR DELETE ON backups FOR EACH ROW EXECUTE FUNCTION notify_change();
            CREATE TRIGGER notify_update AFTER UPDATE ON backups FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION notify_change();
            """);
    }

    protected override void Down(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.DropTable(name: "backups");
    }
}
