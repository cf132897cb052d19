using Kyozo.Data;
using Kyozo.Data.Schema;
using Kyozo.Data.ServiceInstances;
using Kyozo.Engine.Backups;
using Kyozo.Testing;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Kyozo.Engine.Tests.Backups;

/// <summary>A database with something in it, a home, and what makes backups of the one in the other.</summary>
sealed class BackupBench : IAsyncDisposable
{
    readonly List<string> _databases = [];

    BackupBench(TestDatabase database)
    {
        Database = database;
        Maintenance = new(database.Maintenance);
        Home = new(Directory.CreateTempSubdirectory("kyozo-backups-").FullName);
    }

    public TestDatabase Database { get; }
    public MaintenanceDataSource Maintenance { get; }
    /// <summary>More must stay free than any disk has.</summary>
    public static BackupOptions NoRoom { get; } = new() { KeepFreeMiB = int.MaxValue };

    public KyozoHome Home { get; }
    public BackupKey Key => BackupKey.Of(Home);
    public ServiceInstance Service { get; private set; } = null!;
    public List<string> Said { get; } = [];

    public static async Task<BackupBench> StartAsync(PostgresFixture postgres, CancellationToken cancellationToken)
    {
        var bench = new BackupBench(await postgres.CreateDatabaseAsync(cancellationToken));
        var team = await A.TeamAsync(bench.Database, cancellationToken);
        bench.Service = await A.ServiceAsync(bench.Database, await A.WorkspaceAsync(bench.Database, team, cancellationToken), cancellationToken);
        for (var number = 0; number < 20; number++)
        {
            await bench.Database.ExecuteAsync(
                $"SELECT append_event('{A.Id()}', '{bench.Service.TeamId}', '{bench.Service.Id}', 'service_started', jsonb_build_object('marker', 'plain-text-{number}'), NULL, 7)", cancellationToken);
        }

        return bench;
    }

    public BackupRunner Runner(BackupOptions? options = null, TimeProvider? clock = null, string? dump = null) =>
        new(Maintenance, new(dump ?? Database.Backup, null, Database.Maintenance), Home, Options.Create(options ?? new()), clock ?? TimeProvider.System);

    public Task<BackupDone> BackUpAsync(CancellationToken cancellationToken, bool check = true, string? file = null) =>
        Runner().RunAsync(new(file, check, "tests"), Said.Add, cancellationToken);

    public DatabaseRestore Restore(BackupOptions? options = null) => new(Database.Admin, new Dictionary<string, string>(), options ?? new(), TimeProvider.System, Said.Add);

    /// <summary>A name for a database that is dropped at the end.</summary>
    public string OtherDatabase()
    {
        var name = $"{Database.Name}_other_{_databases.Count}";
        _databases.Add(name);
        return name;
    }

    public string Admin(string database) => new NpgsqlConnectionStringBuilder(Database.Admin) { Database = database }.ConnectionString;

    /// <summary>A hash over every row of every table, by table.</summary>
    public static async Task<SortedDictionary<string, string>> HashesAsync(string connectionString, CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync(cancellationToken);
        var tables = new List<string>();
        await using (var command = new NpgsqlCommand("SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'r' AND n.nspname IN ('public', 'identity', 'quartz')", connection))
        await using (var reader = await command.ExecuteReaderAsync(cancellationToken))
        {
            while (await reader.ReadAsync(cancellationToken)) tables.Add(reader.GetString(0));
        }

        var hashes = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var table in tables)
        {
            await using var hash = new NpgsqlCommand($"SELECT count(*) || ' ' || coalesce(md5(string_agg(t::text, E'\\n' ORDER BY t::text)), '') FROM {table} t", connection);
            hashes[table] = (string)(await hash.ExecuteScalarAsync(cancellationToken))!;
        }

        return hashes;
    }

    public Task<long> ScratchesAsync(CancellationToken cancellationToken) =>
        Database.ReadAsync<long>($"SELECT count(*) FROM pg_database WHERE starts_with(datname, '{Database.Name[..Math.Min(30, Database.Name.Length)]}_check_') OR starts_with(datname, '{Database.Name}_restoring_')", cancellationToken);

    public IReadOnlyList<string> Files() =>
        Directory.Exists(Home.Backups) ? [.. Directory.EnumerateFiles(Home.Backups, "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(Home.Backups, file)).Order()] : [];

    public async ValueTask DisposeAsync()
    {
        await Maintenance.DisposeAsync();
        await using (var connection = new NpgsqlConnection(Admin("postgres")))
        {
            await connection.OpenAsync();
            await using var find = new NpgsqlCommand($"SELECT coalesce(array_agg(datname::text), ARRAY[]::text[]) FROM pg_database WHERE starts_with(datname, '{Database.Name}_')", connection);
            foreach (var name in (string[])(await find.ExecuteScalarAsync())!)
            {
                await using var drop = new NpgsqlCommand($"DROP DATABASE \"{name}\" WITH (FORCE)", connection);
                await drop.ExecuteNonQueryAsync();
            }
        }

        await Database.DisposeAsync();
        Directory.Delete(Home.Root, recursive: true);
    }
}
