using Npgsql;

namespace Kyozo.Data.Schema;

/// <summary>Whether the walls between teams hold for the role of a connection. Web, worker and gateway ask before they work with it (SAFETY T6).</summary>
public static class BoundRole
{
    /// <summary>Refuses a role that row level security does not bind, or that could become one: superuser, BYPASSRLS, CREATEROLE, REPLICATION, owner of a table, member of any of these or of the server's own file and program roles. Both the signed-in role and the current one are looked at: SET ROLE hides, RESET ROLE shows.</summary>
    /// <exception cref="SchemaException">Names the role and what is wrong with it.</exception>
    public static async Task RequireAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(Fault, connection);
        if (await command.ExecuteScalarAsync(cancellationToken) is string fault)
            throw new SchemaException($"This process must not connect with this role: {fault}, so the walls between teams would not hold. Use {DatabaseRoles.Portal}, {DatabaseRoles.Worker} or {DatabaseRoles.Gateway} in ConnectionStrings:kyozodb.");
    }

    const string Fault =
        """
        SELECT r.rolname || CASE WHEN r.oid = x.oid THEN ' ' ELSE ' is a member of ' || x.rolname || ', which ' END || x.fault
        FROM pg_roles r JOIN (
            SELECT oid, rolname, CASE
                WHEN rolsuper THEN 'is a superuser'
                WHEN rolbypassrls THEN 'may bypass row level security'
                WHEN rolcreaterole THEN 'may make and change roles'
                WHEN rolreplication THEN 'may replicate the whole server'
                WHEN EXISTS (SELECT FROM pg_class c WHERE c.relowner = o.oid AND c.relnamespace = 'public'::regnamespace) THEN 'owns tables'
                WHEN rolname IN ('pg_execute_server_program', 'pg_read_server_files', 'pg_write_server_files') THEN 'reaches the files of the server'
                END AS fault
            FROM pg_roles o) x ON x.fault IS NOT NULL AND pg_has_role(r.oid, x.oid, 'MEMBER')
        WHERE r.rolname IN (current_user, session_user)
        ORDER BY r.oid <> x.oid, x.rolname
        LIMIT 1
        """;
}
