using Kyozo.Cli.Setup;
using Kyozo.Data;
using Kyozo.Data.Schema;
using Kyozo.Engine.Containers;
using Kyozo.Engine.Host;
using Kyozo.Engine.Images;
using Npgsql;

namespace Kyozo.Cli.Installation;

/// <summary>The PostgreSQL server of an installation: one that was given, else its own, as a process or in a container.</summary>
/// <param name="Administrator">The administrator's connection string.</param>
/// <param name="Own">The own server, or null when it was given.</param>
sealed record DatabaseServer(string Administrator, OwnPostgres? Own)
{
    /// <summary>Given in place of a connection string: PostgreSQL in a container, also where its programs are installed.</summary>
    public const string InContainer = "container";

    /// <summary>Environment variable with the administrator's connection string of a given server.</summary>
    const string Variable = "ConnectionStrings__kyozodb_admin";

    /// <summary>
    /// The server named now, else the one of the last time, else its own, made ready here: from the programs of this machine, installed where that may be
    /// done without asking, and in a container where not.
    /// </summary>
    public static async Task<DatabaseServer> PrepareAsync(
        KyozoHome home, string? named, IContainerRuntime runtime, BaseImageStore images, Action<string> say, CancellationToken cancellationToken)
    {
        var given = named ?? Environment.GetEnvironmentVariable(Variable);
        var inContainer = given == InContainer;
        var (version, contained) = (PostgresCluster.DataVersion(home), PostgresContainer.IsUsedBy(home));
        if (inContainer && version is not null)
            throw new CommandException($"This installation's database is in {home.Root}/postgres/data. To have one in a container, back it up (./kyozo db backup), and restore it into a new installation (KYOZO_HOME=…).");
        if (string.IsNullOrWhiteSpace(given) && version is null && !contained) given = ConnectionFile.Read(home)?.Admin;
        if (!inContainer && !string.IsNullOrWhiteSpace(given))
        {
            await EnsureDatabaseAsync(given, cancellationToken);
            return new(given, null);
        }

        OwnPostgres own = inContainer || contained || (version is null && PostgresBinaries.Find(null) is null && !AptPackages.CanInstall)
            ? await ContainerAsync(new(home, runtime, TimeProvider.System), images, say, cancellationToken)
            : await ClusterAsync(home, version, say, cancellationToken);
        return new(own.AdministratorConnection, own);
    }

    static async Task<OwnPostgres> ClusterAsync(KyozoHome home, int? version, Action<string> say, CancellationToken cancellationToken)
    {
        var cluster = new PostgresCluster(home, await PostgresBinaries.EnsureAsync(version, say, cancellationToken), TimeProvider.System);
        await cluster.EnsureInitializedAsync(say, cancellationToken);
        return cluster;
    }

    static async Task<OwnPostgres> ContainerAsync(PostgresContainer container, BaseImageStore images, Action<string> say, CancellationToken cancellationToken)
    {
        try
        {
            await container.PrepareAsync(images, say, cancellationToken);
            return container;
        }
        catch (BaseImageUnavailableException e)
        {
            throw new CommandException($"PostgreSQL is not installed and cannot run in a container: {e.Message}\nInstall it (on Debian: sudo apt-get install postgresql), or give a server: ./kyozo up --database \"Host=…;Username=…;Password=…;Database=kyozo\"", inner: e);
        }
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
