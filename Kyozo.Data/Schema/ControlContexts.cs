using Kyozo.Data.Tenancy;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Kyozo.Data.Schema;

/// <summary>Contexts on the small pool that leases and the schedule's locks have for themselves: slow queries that hold every other connection do not stop heartbeats (F-29).</summary>
sealed class ControlContexts : IDbContextFactory<KyozoContext>
{
    readonly DbContextOptions<KyozoContext> _options;

    public ControlContexts(NpgsqlDataSource pool, TenancyInterceptor tenancy)
    {
        var builder = new DbContextOptionsBuilder<KyozoContext>().UseNpgsql(pool, KyozoNpgsql.Configure).AddInterceptors(tenancy);
        KyozoContext.Configure(builder);
        _options = (DbContextOptions<KyozoContext>)builder.Options;
    }

    public KyozoContext CreateDbContext() => new(_options);
}
