using Kyozo.Data.Schema;
using Npgsql;

namespace Kyozo.Engine.Backups;

/// <summary>With whose rights a backup works: nobody has more than his part needs.</summary>
/// <param name="Dump">Reads everything: role <c>kyozo_backup</c>, or an administrator who may act as it.</param>
/// <param name="DumpRole">Role to act as, when <paramref name="Dump"/> signs in as another.</param>
/// <param name="Scratch">Makes and drops the scratch databases of the check: role <c>kyozo_maintenance</c>, or one with CREATEDB on another server (<c>ConnectionStrings:kyozodb_check</c>).</param>
/// <param name="ScratchElsewhere">The scratch server is another: its roles are made when they are missing.</param>
public sealed record BackupConnections(string Dump, string? DumpRole, string Scratch, bool ScratchElsewhere = false)
{
    /// <summary>The connection for dumping, acting as the right role, without a pool: its session has settings of its own.</summary>
    internal async Task<NpgsqlConnection> OpenDumpAsync(CancellationToken cancellationToken)
    {
        var connection = await OpenAsync(new(Dump), cancellationToken);
        if (DumpRole is not null) await connection.ExecuteAsync($"SET ROLE {DumpRole}", cancellationToken);
        return connection;
    }

    /// <summary>The scratch server's connection to one of its databases, as whoever signed in.</summary>
    internal async Task<NpgsqlConnection> OpenScratchAsync(string database, CancellationToken cancellationToken)
    {
        var connection = await OpenAsync(new(Scratch) { Database = database }, cancellationToken);
        // kyozo_maintenance acts as the owner from its first moment, and the owner may make no databases.
        await connection.ExecuteAsync("SET ROLE NONE", cancellationToken);
        return connection;
    }

    internal static async Task<NpgsqlConnection> OpenAsync(NpgsqlConnectionStringBuilder settings, CancellationToken cancellationToken)
    {
        settings.Pooling = false;
        settings.CommandTimeout = 0;
        settings.ApplicationName = "kyozo backup";
        var connection = new NpgsqlConnection(settings.ConnectionString);
        await connection.OpenAsync(cancellationToken);
        return connection;
    }
}
