using Kyozo.Data.Schema;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Kyozo.Data.Migrations;

/// <summary>What the gateway counted and the worker has not yet turned into metrics.</summary>
[DbContext(typeof(KyozoContext))]
[Migration("20261123000015_CreateGatewayCounts")]
sealed class CreateGatewayCounts : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.CreateTable(
            name: "gateway_counts",
            columns: table => new
            {
                id = table.Column<Guid>(type: "uuid", nullable: false),
                team_id = table.Column<Guid>(type: "uuid", nullable: false),
                service_instance_id = table.Column<Guid>(type: "uuid", nullable: false),
                requests = table.Column<long>(type: "bigint", nullable: false),
                errors = table.Column<long>(type: "bigint", nullable: false),
                counted_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
            },
            constraints: table =>
            {
                table.PrimaryKey("pk_gateway_counts", x => x.id);
                table.CheckConstraint("valid_counts", "requests >= 0 AND errors BETWEEN 0 AND requests");
                table.ForeignKey(
                    name: "fk_gateway_counts_service_instances_team_id_service_instance_id",
                    columns: x => new { x.team_id, x.service_instance_id },
                    principalTable: "service_instances",
                    principalColumns: new[] { "team_id", "id" },
                    onDelete: ReferentialAction.Cascade);
            });

        migrationBuilder.CreateIndex(name: "ix_gateway_counts_counted_at", table: "gateway_counts", column: "counted_at");

        migrationBuilder.Protect("gateway_counts", portal: null, worker: "SELECT, DELETE", gateway: "INSERT");
    }

    protected override void Down(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.DropTable(name: "gateway_counts");
    }
}
