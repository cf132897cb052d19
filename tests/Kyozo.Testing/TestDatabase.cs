using Kyozo.Data;
using Kyozo.Data.Schema;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Kyozo.Testing;

/// <summary>One test's database, with a connection string for each role; dropped at the end.</summary>
public sealed class TestDatabase : IAsyncDisposable
{
    /// <summary>Seconds: the long forms of tests fill half a million rows on machines with much else to do.</summary>
    internal const int Patience = 300;

    readonly string _server;
    readonly string _password;

    internal TestDatabase(string server, string name, string password)
    {
        _server = server;
        _password = password;
        Name = name;
        Admin = new NpgsqlConnectionStringBuilder(server) { Database = name }.ConnectionString;
        Portal = As(DatabaseRoles.Portal);
        Worker = As(DatabaseRoles.Worker);
        Gateway = As(DatabaseRoles.Gateway);
        Maintenance = As(DatabaseRoles.Maintenance);
        Backup = As(DatabaseRoles.Backup);
    }

    public string Name { get; }

    /// <summary>Connects as an administrator, past every wall.</summary>
    public string Admin { get; }

    /// <summary>Connects as <c>kyozo_portal</c>.</summary>
    public string Portal { get; }

    /// <summary>Connects as <c>kyozo_worker</c>.</summary>
    public string Worker { get; }

    /// <summary>Connects as <c>kyozo_gateway</c>.</summary>
    public string Gateway { get; }

    /// <summary>Connects as <c>kyozo_maintenance</c>.</summary>
    public string Maintenance { get; }

    /// <summary>Connects as <c>kyozo_backup</c>.</summary>
    public string Backup { get; }

    /// <summary>A context of the administrator, to arrange rows and to look at results.</summary>
    public KyozoContext OpenAsAdmin()
    {
        var options = new DbContextOptionsBuilder<KyozoContext>().UseNpgsql(Admin, KyozoNpgsql.Configure);
        KyozoContext.Configure(options);
        return new KyozoContext(options.Options);
    }

    /// <summary>The services of <see cref="KyozoDataSetup.AddKyozoData(IServiceCollection, string, string)"/> over one of the connection strings; dispose them.</summary>
    /// <param name="connectionString">Which role.</param>
    /// <param name="clock">Another clock, or null for the real one.</param>
    public ServiceProvider BuildServices(string connectionString, TimeProvider? clock = null)
    {
        var services = new ServiceCollection().AddLogging();
        if (clock is not null) services.AddSingleton(clock);
        return services.AddKyozoData(connectionString, "tests").BuildServiceProvider();
    }

    /// <summary>Runs SQL as administrator.</summary>
    public Task ExecuteAsync(string sql, CancellationToken cancellationToken) => PostgresFixture.ExecuteAsync(Admin, sql, cancellationToken);

    /// <summary>One value, read as administrator.</summary>
    public async Task<T?> ReadAsync<T>(string sql, CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(Admin);
        await connection.OpenAsync(cancellationToken);
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = Patience };
        return await command.ExecuteScalarAsync(cancellationToken) is T value ? value : default;
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync() =>
        await PostgresFixture.ExecuteAsync(_server, $"DROP DATABASE IF EXISTS {Name} WITH (FORCE)", CancellationToken.None);

    string As(string role) => new NpgsqlConnectionStringBuilder(Admin) { Username = role, Password = _password, Pooling = true }.ConnectionString;
}
