using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;

namespace Kyozo.Data;

/// <summary>For <c>dotnet ef migrations add</c>, which needs a model and no server.</summary>
sealed class KyozoContextFactory : IDesignTimeDbContextFactory<KyozoContext>
{
    public KyozoContext CreateDbContext(string[] args)
    {
        var options = new DbContextOptionsBuilder<KyozoContext>().UseNpgsql("Host=localhost;Database=design", KyozoNpgsql.Configure);
        KyozoContext.Configure(options);
        return new KyozoContext(options.Options);
    }
}
