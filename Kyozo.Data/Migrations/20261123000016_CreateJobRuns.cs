using Kyozo.Data.Schema;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Kyozo.Data.Migrations;

/// <summary>Runs of scheduled jobs.</summary>
[DbContext(typeof(KyozoContext))]
[Migration("20261123000016_CreateJobRuns")]
sealed class CreateJobRuns : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.CreateTable(
            name: "job_runs",
            columns: table => new
            {
                id = table.Column<Guid>(type: "uuid", nullable: false),
                job_name = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: false),
                started_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()"),
                finished_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                succeeded = table.Column<bool>(type: "boolean", nullable: true),
                outcome = table.Column<string>(type: "character varying(2000)", maxLength: 2000, nullable: true),
                node = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: false),
                requested_by = table.Column<Guid>(type: "uuid", nullable: true)
            },
            constraints: table =>
            {
                table.PrimaryKey("pk_job_runs", x => x.id);
                table.ForeignKey(
                    name: "fk_job_runs_users_requested_by",
                    column: x => x.requested_by,
                    principalTable: "users",
                    principalColumn: "id",
                    onDelete: ReferentialAction.Restrict);
            });

        migrationBuilder.CreateIndex(name: "ix_job_runs_job_name_started_at", table: "job_runs", columns: new[] { "job_name", "started_at" }, descending: new[] { false, true });
        migrationBuilder.CreateIndex(name: "ix_job_runs_started_at", table: "job_runs", column: "started_at");

        migrationBuilder.Grant("job_runs", DatabaseRoles.Portal, "SELECT");
        migrationBuilder.Grant("job_runs", DatabaseRoles.Worker, "SELECT, INSERT, UPDATE, DELETE");
    }

    protected override void Down(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.DropTable(name: "job_runs");
    }
}
