using Npgsql.EntityFrameworkCore.PostgreSQL.Infrastructure;

namespace Kyozo.Data;

/// <summary>The provider settings shared by the processes, the migrator and the design-time tools.</summary>
static class KyozoNpgsql
{
    public const string HistoryTable = "__ef_migrations_history";

    /// <summary>No retry strategy: it forbids plain transactions, and the loops and pages that meet a lost connection try again themselves.</summary>
    public static void Configure(NpgsqlDbContextOptionsBuilder npgsql) => npgsql.SetPostgresVersion(15, 0).MigrationsHistoryTable(HistoryTable);
}
