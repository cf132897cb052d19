using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Kyozo.Data.Schema;

/// <summary>What <c>kyozo db migrate</c> does, as a script for psql: for databases that are changed by hand only, and for reading it before. It does what is missing and nothing else, so it runs on an empty database as on one that has some of it.</summary>
public static class MigrationScript
{
    /// <summary>Writes the script. Needs no database.</summary>
    /// <param name="to">Last migration; all when it is null.</param>
    /// <param name="statementTimeout">How long one statement may run, or null for no limit.</param>
    /// <param name="clock">Says for which days partitions are made.</param>
    /// <exception cref="SchemaException">There is no such migration.</exception>
    public static string Create(string? to, TimeSpan? statementTimeout, TimeProvider clock)
    {
        using var db = new KyozoContextFactory().CreateDbContext([]);
        var all = db.Database.GetMigrations().Select(id => new MigrationState(id, Applied: false)).ToList();
        var last = to is null ? all[^1] : MigrationCatalog.Find(all, to);
        var migrations = all.Take(all.IndexOf(last) + 1);

        return $"""
            -- The schema of Kyozo up to {last.Name}, for psql: psql -X -d kyozo -f THIS_FILE, as an administrator.
            -- What the database already has is left alone. Passwords of the roles are set apart: ALTER ROLE kyozo_portal PASSWORD …
            \set ON_ERROR_STOP on
            SELECT pg_advisory_lock({Migrator.LockKey}) AS locked \gset
            SET statement_timeout = {(long)(statementTimeout ?? TimeSpan.Zero).TotalMilliseconds};

            {ServerPreparation.Script}

            SET client_min_messages = warning;
            SET ROLE {DatabaseRoles.Owner};
            {db.GetService<IHistoryRepository>().GetCreateIfNotExistsScript()}

            {string.Join("\n\n", migrations.Select(migration => Step(db, migration)))}

            GRANT SELECT ON {KyozoNpgsql.HistoryTable} TO {string.Join(", ", DatabaseRoles.Logins)};

            {Partitions.Script(clock)}

            RESET ROLE;
            \echo The database is at {last.Name}.

            """.ReplaceLineEndings("\n");
    }

    static string Step(KyozoContext db, MigrationState migration) =>
        $"""
        SELECT NOT EXISTS (SELECT FROM {KyozoNpgsql.HistoryTable} WHERE migration_id = '{migration.Id}') AS missing \gset
        \if :missing
        \echo applying {migration.Name}
        {MigrationCatalog.UpSql(db, migration.Id).Trim()}
        \endif
        """;
}
