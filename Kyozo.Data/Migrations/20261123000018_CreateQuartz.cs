using Kyozo.Data.Schema;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Kyozo.Data.Migrations;

/// <summary>The scheduler's tables, from the script that Quartz carries.</summary>
[DbContext(typeof(KyozoContext))]
[Migration("20261123000018_CreateQuartz")]
sealed class CreateQuartz : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.EnsureSchema("quartz");
        foreach (var statement in QuartzSchema.Statements("quartz", "qrtz_")) migrationBuilder.Sql(statement);

        migrationBuilder.Sql(
            $"""
            GRANT USAGE ON SCHEMA quartz TO {DatabaseRoles.Worker};
            GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA quartz TO {DatabaseRoles.Worker};
            """);
    }

    protected override void Down(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.Sql("DROP SCHEMA quartz CASCADE;");
    }
}
