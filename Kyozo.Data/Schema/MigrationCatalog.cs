using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Npgsql;

namespace Kyozo.Data.Schema;

/// <summary>One migration and whether the database has it.</summary>
/// <param name="Id">Its full name, <c>20261123000004_CreateDeploymentEvents</c>.</param>
/// <param name="Applied">True when the database has it.</param>
public sealed record MigrationState(string Id, bool Applied)
{
    /// <summary>The name without its number.</summary>
    public string Name => Id[(Id.IndexOf('_') + 1)..];
}

/// <summary>The migrations that this program carries, in their order, and the SQL of each.</summary>
static class MigrationCatalog
{
    /// <summary>A context for migrations over an open connection, without a limit of time.</summary>
    public static KyozoContext CreateContext(NpgsqlConnection connection)
    {
        var options = new DbContextOptionsBuilder<KyozoContext>().UseNpgsql(connection, npgsql =>
        {
            KyozoNpgsql.Configure(npgsql);
            npgsql.CommandTimeout(0);
        });
        KyozoContext.Configure(options);
        return new KyozoContext(options.Options);
    }

    /// <summary>All migrations and which of them the database has.</summary>
    public static async Task<List<MigrationState>> ReadStatesAsync(KyozoContext db, CancellationToken cancellationToken)
    {
        var applied = (await db.Database.GetAppliedMigrationsAsync(cancellationToken)).ToHashSet();
        return [.. db.Database.GetMigrations().Select(id => new MigrationState(id, applied.Contains(id)))];
    }

    /// <summary>The migration of that full or short name.</summary>
    /// <exception cref="SchemaException">There is none.</exception>
    public static MigrationState Find(List<MigrationState> states, string name) =>
        states.Find(state => state.Id == name || state.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
        ?? throw new SchemaException($"There is no migration '{name}'. `kyozo db status` lists them.");

    /// <summary>What a migration runs, in a transaction of its own, with its line in the history.</summary>
    public static string UpSql(KyozoContext db, string id) => db.GetService<IMigrator>().GenerateScript(Before(db, id), id);

    /// <summary>What taking a migration back runs.</summary>
    public static string DownSql(KyozoContext db, string id) => db.GetService<IMigrator>().GenerateScript(id, Before(db, id));

    /// <summary>Migrations that cannot be taken back, because their <c>Down</c> does nothing.</summary>
    public static IEnumerable<string> WithoutDown(KyozoContext db)
    {
        var assembly = db.GetService<IMigrationsAssembly>();
        return assembly.Migrations
            .Where(migration => assembly.CreateMigration(migration.Value, db.Database.ProviderName!).DownOperations.Count == 0)
            .Select(migration => migration.Key);
    }

    static string Before(KyozoContext db, string id) => db.Database.GetMigrations().TakeWhile(migration => migration != id).LastOrDefault() ?? Migration.InitialDatabase;
}
