using Kyozo.Cli.Setup;
using Kyozo.Data;
using Kyozo.Data.Schema;
using Npgsql;

namespace Kyozo.Cli.Installation;

/// <summary>The PostgreSQL server of an installation: one that was given, or a cluster of its own.</summary>
/// <param name="Administrator">The administrator's connection string.</param>
/// <param name="Own">The own cluster, or null when the server was given.</param>
sealed record DatabaseServer(string Administrator, PostgresCluster? Own)
{
    /// <summary>Environment variable with the administrator's connection string of a given server.</summary>
    const string Variable = "ConnectionStrings__kyozodb_admin";

    /// <summary>The server named now, else the one of the last time, else a cluster of its own, whose programs are installed and whose folder is made here.</summary>
    public static async Task<DatabaseServer> PrepareAsync(KyozoHome home, string? named, Action<string> say, CancellationToken cancellationToken)
    {
        var given = named ?? Environment.GetEnvironmentVariable(Variable);
        var version = PostgresCluster.DataVersion(home);
        if (string.IsNullOrWhiteSpace(given) && version is null) given = ConnectionFile.Read(home)?.Admin;
        if (!string.IsNullOrWhiteSpace(given))
        {
            await EnsureDatabaseAsync(given, cancellationToken);
            return new(given, null);
        }

        var binaries = await PostgresBinaries.EnsureAsync(version, say, cancellationToken);
        var cluster = new PostgresCluster(home, binaries, TimeProvider.System);
        await cluster.EnsureInitializedAsync(say, cancellationToken);
        return new(cluster.AdministratorConnection, cluster);
    }

    /// <summary>The connection strings of all roles, with passwords generated once and kept in files.</summary>
    public ConnectionFile Connections(KyozoHome home)
    {
        var passwords = Passwords(home);
        return new(Administrator, As(DatabaseRoles.Portal), As(DatabaseRoles.Gateway), As(DatabaseRoles.Worker), As(DatabaseRoles.Maintenance), As(DatabaseRoles.Backup));

        string As(string role) => new NpgsqlConnectionStringBuilder(Administrator) { Username = role, Password = passwords[role] }.ConnectionString;
    }

    /// <summary>Password by role.</summary>
    public static IReadOnlyDictionary<string, string> Passwords(KyozoHome home) =>
        DatabaseRoles.Logins.ToDictionary(role => role, role => PrivateFile.ReadOrCreatePassword(Path.Combine(home.Root, "keys", "database", role)));

    static async Task EnsureDatabaseAsync(string administrator, CancellationToken cancellationToken)
    {
        var target = Parse(administrator);
        try
        {
            await using var connection = new NpgsqlConnection(administrator);
            await connection.OpenAsync(cancellationToken);
        }
        catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.InvalidCatalogName)
        {
            await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(administrator) { Database = "postgres", Pooling = false }.ConnectionString);
            await connection.OpenAsync(cancellationToken);
            await using var create = new NpgsqlCommand($"CREATE DATABASE \"{target.Database!.Replace("\"", "\"\"", StringComparison.Ordinal)}\"", connection);
            await create.ExecuteNonQueryAsync(cancellationToken);
        }
        catch (NpgsqlException e)
        {
            throw new CommandException($"PostgreSQL does not answer at {target.Host}:{target.Port}: {e.Message}\nStart it there, or give another server: ./kyozo up --database \"Host=…;Username=…;Password=…;Database=kyozo\"", inner: e);
        }
    }

    static NpgsqlConnectionStringBuilder Parse(string connectionString)
    {
        try
        {
            return new(connectionString);
        }
        catch (ArgumentException e)
        {
            throw new CommandException($"This is not a PostgreSQL connection string ({e.Message}). A good one: Host=127.0.0.1;Port=5432;Username=postgres;Password=…;Database=kyozo", inner: e);
        }
    }
}
