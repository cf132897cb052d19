using Npgsql;

namespace Kyozo.Data.Schema;

/// <summary>What only an administrator may do before migrations run under <c>kyozo_owner</c>: roles, rights on the database, extensions. Doing it again changes nothing.</summary>
public static class ServerPreparation
{
    const int Attempts = 10;

    /// <summary>Does it for the server and the database of the connection.</summary>
    /// <param name="administrator">An administrator's connection.</param>
    /// <param name="passwords">Password by role (<see cref="DatabaseRoles"/>); roles that are not named keep theirs.</param>
    /// <param name="log">Gets one line for each thing that had to be left out.</param>
    /// <param name="cancellationToken">Stops between two steps.</param>
    /// <exception cref="SchemaException">The server is older than version 15.</exception>
    public static async Task ApplyAsync(
        NpgsqlConnection administrator, IReadOnlyDictionary<string, string> passwords, Action<string> log, CancellationToken cancellationToken)
    {
        RequireVersion(administrator);

        // Roles belong to the server, not to the database: a migration of another database may be making them right now.
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await administrator.ExecuteAsync(Roles, cancellationToken);
                foreach (var (role, password) in passwords)
                    await administrator.ExecuteAsync($"DO $do$ BEGIN ALTER ROLE {role} PASSWORD '{ScramVerifier.Create(password)}';{Concurrent} END $do$", cancellationToken);
                break;
            }
            catch (PostgresException e) when (attempt < Attempts
                && e.SqlState is PostgresErrorCodes.DuplicateObject or PostgresErrorCodes.UniqueViolation or PostgresErrorCodes.LockNotAvailable)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20 * attempt), cancellationToken);
            }
        }

        await administrator.ExecuteAsync(Database, cancellationToken);
        await TellAsync(administrator, Statistics, log, cancellationToken);
    }

    /// <summary>The same for psql, without passwords.</summary>
    public static string Script { get; } = $"{Version}\n\n{Roles}\n\n{Database}\n\n{Statistics}";

    static void RequireVersion(NpgsqlConnection connection)
    {
        if (connection.PostgreSqlVersion.Major >= 15) return;
        throw new SchemaException($"This is PostgreSQL {connection.PostgreSqlVersion}; Kyozo needs 15 or later (older ones lack what its foreign keys use and have reached their end). Upgrade the server, or let `kyozo up` start its own.");
    }

    const string Version =
        """
        DO $$
        BEGIN
            IF current_setting('server_version_num')::int < 150000 THEN
                RAISE EXCEPTION 'This is PostgreSQL %; Kyozo needs 15 or later.', current_setting('server_version');
            END IF;
        END $$;
        """;

    // Of two who change a role at once PostgreSQL tells one "tuple concurrently updated", an internal error, after which Npgsql gives the connection up.
    const string Concurrent = " EXCEPTION WHEN internal_error THEN RAISE EXCEPTION USING ERRCODE = 'lock_not_available', MESSAGE = SQLERRM;";

    const string Roles =
        $"""
        DO $$
        DECLARE
            superuser boolean := (SELECT rolsuper FROM pg_roles WHERE rolname = current_user);
            login text;
            setting text;
        BEGIN
            IF to_regrole('kyozo_owner') IS NULL THEN CREATE ROLE kyozo_owner NOLOGIN; END IF;
            FOREACH login IN ARRAY ARRAY['kyozo_portal', 'kyozo_gateway', 'kyozo_worker', 'kyozo_maintenance', 'kyozo_backup'] LOOP
                IF to_regrole(login) IS NULL THEN EXECUTE format('CREATE ROLE %I LOGIN', login); END IF;
            END LOOP;

            IF NOT pg_has_role('kyozo_owner', 'MEMBER') THEN EXECUTE format('GRANT kyozo_owner TO %I', current_user); END IF;
            IF NOT pg_has_role('kyozo_maintenance', 'kyozo_owner', 'MEMBER') THEN GRANT kyozo_owner TO kyozo_maintenance; END IF;
            IF NOT EXISTS (SELECT FROM pg_db_role_setting WHERE setrole = 'kyozo_maintenance'::regrole AND 'role=kyozo_owner' = ANY (setconfig)) THEN
                ALTER ROLE kyozo_maintenance SET role = 'kyozo_owner';
            END IF;

            -- A process whose network is gone keeps its locks until the server notices; without this for two hours (SAFETY F-37).
            BEGIN
                FOREACH login IN ARRAY ARRAY['kyozo_portal', 'kyozo_gateway', 'kyozo_worker', 'kyozo_maintenance', 'kyozo_backup'] LOOP
                    FOREACH setting IN ARRAY ARRAY['tcp_keepalives_idle=30', 'tcp_keepalives_interval=10', 'tcp_keepalives_count=3', 'idle_in_transaction_session_timeout=300000'] LOOP
                        -- A check of the trail and a backup hold their picture of the database for as long as they read elsewhere.
                        CONTINUE WHEN setting ~ '^idle' AND login IN ('kyozo_maintenance', 'kyozo_backup');
                        IF NOT EXISTS (SELECT FROM pg_db_role_setting WHERE setrole = to_regrole(login) AND setdatabase = 0 AND setting = ANY (setconfig)) THEN
                            EXECUTE format('ALTER ROLE %I SET %s = %s', login, split_part(setting, '=', 1), split_part(setting, '=', 2));
                        END IF;
                    END LOOP;
                END LOOP;
            EXCEPTION WHEN insufficient_privilege THEN
                RAISE NOTICE 'Clients whose network is gone will be noticed as late as the server''s own settings say: %', SQLERRM;
            END;

            -- For the scratch databases into which backups are restored to check them.
            BEGIN
                IF NOT (SELECT rolcreatedb FROM pg_roles WHERE rolname = 'kyozo_maintenance') THEN ALTER ROLE kyozo_maintenance CREATEDB; END IF;
            EXCEPTION WHEN insufficient_privilege THEN
                RAISE NOTICE 'kyozo_maintenance may make no databases, so backups cannot be checked on this server: %', SQLERRM;
            END;

            BEGIN
                IF NOT pg_has_role('kyozo_owner', 'pg_read_all_stats', 'MEMBER') THEN GRANT pg_read_all_stats TO kyozo_owner; END IF;
                IF NOT pg_has_role('kyozo_owner', 'pg_read_all_settings', 'MEMBER') THEN GRANT pg_read_all_settings TO kyozo_owner; END IF;
                IF NOT pg_has_role('kyozo_backup', 'pg_read_all_data', 'MEMBER') THEN GRANT pg_read_all_data TO kyozo_backup; END IF;
                IF superuser AND NOT (SELECT rolbypassrls FROM pg_roles WHERE rolname = 'kyozo_backup') THEN ALTER ROLE kyozo_backup BYPASSRLS; END IF;
            EXCEPTION WHEN insufficient_privilege THEN
                RAISE NOTICE 'kyozo_backup and the statistics of kyozo_owner need a superuser: %', SQLERRM;
            END;
        {Concurrent}
        END $$;
        """;

    const string Database =
        """
        DO $$
        BEGIN
            EXECUTE format('REVOKE CONNECT, TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());
            EXECUTE format('GRANT CONNECT, CREATE, TEMPORARY ON DATABASE %I TO kyozo_owner', current_database());
            EXECUTE format('GRANT CONNECT ON DATABASE %I TO kyozo_portal, kyozo_gateway, kyozo_worker, kyozo_maintenance, kyozo_backup', current_database());
            EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO kyozo_worker', current_database());
        END $$;
        DO $$
        BEGIN
            -- An interrupted REINDEX CONCURRENTLY leaves half an index there too, which its owner may drop only where he may look.
            GRANT USAGE ON SCHEMA pg_toast TO kyozo_owner;
        EXCEPTION WHEN insufficient_privilege THEN NULL;
        END $$;
        REVOKE CREATE ON SCHEMA public FROM PUBLIC;
        GRANT USAGE, CREATE ON SCHEMA public TO kyozo_owner;
        CREATE EXTENSION IF NOT EXISTS "uuid-ossp" WITH SCHEMA public;
        """;

    // total_time and mean_time are what the columns were called before PostgreSQL 13; the seed's query still asks for them.
    const string Statistics =
        """
        DO $$
        BEGIN
            IF current_setting('shared_preload_libraries') NOT LIKE '%pg_stat_statements%' THEN
                RAISE NOTICE 'pg_stat_statements is not preloaded (shared_preload_libraries): slow queries will not be listed';
                RETURN;
            END IF;

            CREATE SCHEMA IF NOT EXISTS monitoring AUTHORIZATION kyozo_owner;
            CREATE EXTENSION IF NOT EXISTS pg_stat_statements WITH SCHEMA monitoring;
            SET LOCAL ROLE kyozo_owner;
            CREATE OR REPLACE VIEW public.pg_stat_statements AS
                SELECT *, total_exec_time AS total_time, mean_exec_time AS mean_time FROM monitoring.pg_stat_statements;
        EXCEPTION WHEN insufficient_privilege OR feature_not_supported OR undefined_file THEN
            RAISE NOTICE 'pg_stat_statements cannot be installed (%): slow queries will not be listed', SQLERRM;
        END $$;
        """;

    // What the server could not do for want of rights it says as a notice.
    static async Task TellAsync(NpgsqlConnection connection, string sql, Action<string> log, CancellationToken cancellationToken)
    {
        void Tell(object _, NpgsqlNoticeEventArgs told)
        {
            if (told.Notice.SqlState == "00000") log(told.Notice.MessageText);
        }

        connection.Notice += Tell;
        try
        {
            await connection.ExecuteAsync(sql, cancellationToken);
        }
        finally
        {
            connection.Notice -= Tell;
        }
    }
}
