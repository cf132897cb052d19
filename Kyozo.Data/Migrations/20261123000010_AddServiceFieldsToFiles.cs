using Kyozo.Data.Schema;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Kyozo.Data.Migrations;

/// <summary>Seed 9: what analysis found in files.</summary>
[DbContext(typeof(KyozoContext))]
[Migration("20261123000010_AddServiceFieldsToFiles")]
sealed class AddServiceFieldsToFiles : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.AddColumn<string>(name: "service_metadata", table: "files", type: "jsonb", nullable: true);
        migrationBuilder.AddColumn<bool>(name: "is_service_indicator", table: "files", type: "boolean", nullable: false, defaultValue: false);
        migrationBuilder.AddColumn<List<string>>(name: "detected_technologies", table: "files", type: "text[]", nullable: false, defaultValueSql: "'{}'::text[]");
        migrationBuilder.AddColumn<double>(name: "analysis_confidence", table: "files", type: "double precision", nullable: true);
        migrationBuilder.AddColumn<DateTimeOffset>(name: "last_analyzed_at", table: "files", type: "timestamp with time zone", nullable: true);

        migrationBuilder.AddCheckConstraint(name: "detected_technologies_size", table: "files", sql: "cardinality(detected_technologies) <= 100 AND pg_column_size(detected_technologies) <= 8192");
        migrationBuilder.AddCheckConstraint(name: "service_metadata_size", table: "files", sql: "pg_column_size(service_metadata) <= 262144");
        migrationBuilder.AddCheckConstraint(name: "valid_analysis_confidence", table: "files", sql: "analysis_confidence BETWEEN 0 AND 1");

        migrationBuilder.CreateIndex(name: "ix_files_detected_technologies", table: "files", column: "detected_technologies").Annotation("Npgsql:IndexMethod", "gin");
        migrationBuilder.CreateIndex(name: "ix_files_service_indicators", table: "files", columns: new[] { "team_id", "workspace_id" }, filter: "is_service_indicator");
    }

    protected override void Down(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.DropColumn(name: "last_analyzed_at", table: "files");
        migrationBuilder.DropColumn(name: "analysis_confidence", table: "files");
        migrationBuilder.DropColumn(name: "detected_technologies", table: "files");
        migrationBuilder.DropColumn(name: "is_service_indicator", table: "files");
        migrationBuilder.DropColumn(name: "service_metadata", table: "files");
    }
}
