using System.Data.Common;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Npgsql;

namespace Kyozo.Data.Tenancy;

/// <summary>Tells PostgreSQL on every open who acts, also that nobody does: a pooled connection never keeps the actor before (SAFETY M28, M33).</summary>
sealed class TenancyInterceptor(CurrentActor currentActor) : DbConnectionInterceptor
{
    public override void ConnectionOpened(DbConnection connection, ConnectionEndEventData eventData)
    {
        using var command = Command(connection);
        command.ExecuteNonQuery();
    }

    public override async Task ConnectionOpenedAsync(DbConnection connection, ConnectionEndEventData eventData, CancellationToken cancellationToken = default)
    {
        await using var command = Command(connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    NpgsqlCommand Command(DbConnection connection)
    {
        var actor = currentActor.Value;
        return new NpgsqlCommand("SELECT set_config('app.user_id', $1, false), set_config('app.team_id', $2, false)", (NpgsqlConnection)connection)
        {
            Parameters =
            {
                new NpgsqlParameter<string> { TypedValue = actor?.UserId.ToString() ?? "" },
                new NpgsqlParameter<string> { TypedValue = actor?.TeamId.ToString() ?? "" },
            },
        };
    }
}
