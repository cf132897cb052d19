using System.Reflection;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Migrations;
using Npgsql;

namespace Kyozo.Data.Schema;

/// <summary>What a process asks of the database before it works with it: a schema of its own version, and a role whose rows the walls between teams really hide.</summary>
public static class SchemaVersion
{
    /// <summary>The migrations of this program, oldest first.</summary>
    public static IReadOnlyList<string> Known { get; } =
        [.. typeof(KyozoContext).Assembly.GetTypes().Select(type => type.GetCustomAttribute<MigrationAttribute>()?.Id).OfType<string>().Order(StringComparer.Ordinal)];

    /// <summary>Refuses a schema that is older or newer than this program.</summary>
    /// <exception cref="SchemaException">Says which command to run.</exception>
    public static async Task RequireCurrentAsync(KyozoContext db, CancellationToken cancellationToken)
    {
        var known = db.Database.GetMigrations().ToList();
        var applied = (await db.Database.GetAppliedMigrationsAsync(cancellationToken)).ToHashSet();
        var missing = known.FirstOrDefault(migration => !applied.Contains(migration));
        if (missing is not null)
            throw new SchemaException($"The database lacks migration {missing} (it has {applied.Count} of {known.Count}). Run: kyozo db migrate");
        var unknown = applied.Except(known).Order().FirstOrDefault();
        if (unknown is not null)
            throw new SchemaException($"The database has migration {unknown}, which this version of Kyozo does not know. Update Kyozo, or run with the newer version: kyozo db rollback --to {known[^1]}");
    }

    /// <summary><see cref="BoundRole.RequireAsync"/> for the context's connection.</summary>
    /// <exception cref="SchemaException">Names the role and what is wrong with it.</exception>
    public static async Task RequireBoundRoleAsync(KyozoContext db, CancellationToken cancellationToken)
    {
        await db.Database.OpenConnectionAsync(cancellationToken);
        try
        {
            await BoundRole.RequireAsync((NpgsqlConnection)db.Database.GetDbConnection(), cancellationToken);
        }
        finally
        {
            await db.Database.CloseConnectionAsync();
        }
    }
}
