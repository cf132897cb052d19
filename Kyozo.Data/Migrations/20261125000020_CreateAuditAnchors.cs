using Kyozo.Data.Schema;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Kyozo.Data.Migrations;

/// <summary>Signed heads of the trail's chains. Nobody but the owner writes them: the worker's job does, over its maintenance connection.</summary>
[DbContext(typeof(KyozoContext))]
[Migration("20261125000020_CreateAuditAnchors")]
sealed class CreateAuditAnchors : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.CreateTable(
            name: "audit_anchors",
            columns: table => new
            {
                number = table.Column<long>(type: "bigint", nullable: false),
                team_id = table.Column<Guid>(type: "uuid", nullable: false),
                service_instance_id = table.Column<Guid>(type: "uuid", nullable: true),
                from_sequence_num = table.Column<long>(type: "bigint", nullable: false),
                sequence_num = table.Column<long>(type: "bigint", nullable: false),
                last_occurred_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                hash = table.Column<byte[]>(type: "bytea", maxLength: 32, nullable: false),
                marks = table.Column<byte[]>(type: "bytea", maxLength: 32768, nullable: false),
                anchored_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                previous_signature = table.Column<byte[]>(type: "bytea", maxLength: 32, nullable: false),
                signature = table.Column<byte[]>(type: "bytea", maxLength: 32, nullable: false)
            },
            constraints: table =>
            {
                table.PrimaryKey("pk_audit_anchors", x => x.number);
                table.CheckConstraint("valid_hashes", "octet_length(hash) = 32 AND octet_length(signature) = 32 AND octet_length(previous_signature) IN (0, 32)");
                table.CheckConstraint("valid_marks", "octet_length(marks) = 8 * (sequence_num - from_sequence_num + 1)");
                table.CheckConstraint("valid_rows", "from_sequence_num >= 1 AND sequence_num >= from_sequence_num AND sequence_num < from_sequence_num + 4096");
                table.ForeignKey(
                    name: "fk_audit_anchors_service_instances_team_id_service_instance_id",
                    columns: x => new { x.team_id, x.service_instance_id },
                    principalTable: "service_instances",
                    principalColumns: new[] { "team_id", "id" },
                    onDelete: ReferentialAction.Restrict);
                table.ForeignKey(
                    name: "fk_audit_anchors_teams_team_id",
                    column: x => x.team_id,
                    principalTable: "teams",
                    principalColumn: "id",
                    onDelete: ReferentialAction.Restrict);
            });

        migrationBuilder.CreateIndex(name: "ix_audit_anchors_team_id_service_instance_id_from_sequence_num", table: "audit_anchors", columns: new[] { "team_id", "service_instance_id", "from_sequence_num" });

        migrationBuilder.Protect("audit_anchors", portal: "SELECT", worker: "SELECT");
    }

    protected override void Down(MigrationBuilder migrationBuilder) => migrationBuilder.DropTable(name: "audit_anchors");
}
