using System.Security.Cryptography;
using System.Text;
using Kyozo.Data.Schema;
using Npgsql;

namespace Kyozo.Engine.Backups;

/// <summary>A database into which a backup is restored only to look at it. Nobody but its makers may connect to it, and it is dropped when disposed; what a killed run left is dropped by the next (<see cref="SweepAsync"/>).</summary>
sealed class ScratchDatabase : IAsyncDisposable
{
    const int LongestName = 30;

    readonly BackupConnections _connections;

    ScratchDatabase(BackupConnections connections, string name)
    {
        _connections = connections;
        Name = name;
    }

    public string Name { get; }

    /// <summary>Makes one.</summary>
    /// <exception cref="PostgresException">The role may not, or the server is full.</exception>
    public static async Task<ScratchDatabase> CreateAsync(BackupConnections connections, BackupManifest manifest, CancellationToken cancellationToken)
    {
        var name = PrefixOf(manifest.Database) + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4));
        var home = new NpgsqlConnectionStringBuilder(connections.Scratch).Database!;
        await using (var connection = await connections.OpenScratchAsync(home, cancellationToken))
            await NewDatabase.CreateAsync(connection, name, manifest, connections.ScratchElsewhere ? null : DatabaseRoles.Owner, cancellationToken);
        var scratch = new ScratchDatabase(connections, name);
        try
        {
            await using var inside = await connections.OpenScratchAsync(name, cancellationToken);
            if (connections.ScratchElsewhere)
            {
                await ServerPreparation.ApplyAsync(inside, new Dictionary<string, string>(), _ => { }, cancellationToken);
            }
            else
            {
                await inside.ExecuteAsync($"SET ROLE {DatabaseRoles.Owner}; CREATE EXTENSION \"uuid-ossp\" WITH SCHEMA public", cancellationToken);
            }

            return scratch;
        }
        catch
        {
            await scratch.DisposeAsync();
            throw;
        }
    }

    /// <summary>Drops what earlier checks of this database did not live to drop. Only under the lock of backups: no other check is under way then.</summary>
    /// <returns>Names of the dropped.</returns>
    public static async Task<IReadOnlyList<string>> SweepAsync(BackupConnections connections, string database, CancellationToken cancellationToken)
    {
        var names = new List<string>();
        await using var connection = await connections.OpenScratchAsync(new NpgsqlConnectionStringBuilder(connections.Scratch).Database!, cancellationToken);
        await using (var find = new NpgsqlCommand("SELECT datname::text FROM pg_database WHERE starts_with(datname, $1) AND substr(datname, length($1) + 1) ~ '^[0-9a-f]{8}$'", connection) { Parameters = { new() { Value = PrefixOf(database) } } })
        await using (var reader = await find.ExecuteReaderAsync(cancellationToken))
        {
            while (await reader.ReadAsync(cancellationToken)) names.Add(reader.GetString(0));
        }

        var dropped = new List<string>();
        foreach (var name in names)
        {
            try
            {
                await NewDatabase.DropAsync(connection, name, cancellationToken);
                dropped.Add(name);
            }
            catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.InsufficientPrivilege or PostgresErrorCodes.ObjectInUse)
            {
                // An administrator's, still restoring without its program: it goes when that ends.
            }
        }

        return dropped;
    }

    public async ValueTask DisposeAsync()
    {
        await using var connection = await _connections.OpenScratchAsync(new NpgsqlConnectionStringBuilder(_connections.Scratch).Database!, CancellationToken.None);
        await NewDatabase.DropAsync(connection, Name, CancellationToken.None);
    }

    // The name's hash keeps databases apart whose names begin alike.
    static string PrefixOf(string database) =>
        $"{database[..Math.Min(database.Length, LongestName)]}_check_{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(database)).AsSpan(0, 4))}_";
}
