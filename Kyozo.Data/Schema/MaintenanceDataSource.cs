using Npgsql;

namespace Kyozo.Data.Schema;

/// <summary>Connections that act as the owner of the schema, for partitions, archival, REINDEX and ANALYZE (<c>ConnectionStrings:kyozodb_maintenance</c>). Only the worker has one.</summary>
public sealed class MaintenanceDataSource(string connectionString) : IAsyncDisposable
{
    readonly NpgsqlDataSource _dataSource = NpgsqlDataSource.Create(connectionString);

    /// <summary>Opens a connection under <c>kyozo_owner</c>. The role's own setting is lost when a pooled connection is reset, so it is set on every open.</summary>
    public async ValueTask<NpgsqlConnection> OpenAsync(CancellationToken cancellationToken)
    {
        var connection = await _dataSource.OpenConnectionAsync(cancellationToken);
        await using var command = new NpgsqlCommand($"SET ROLE {DatabaseRoles.Owner}", connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
        return connection;
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync() => _dataSource.DisposeAsync();
}
