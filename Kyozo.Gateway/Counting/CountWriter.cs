using Microsoft.Extensions.Options;
using Npgsql;

namespace Kyozo.Gateway.Counting;

/// <summary>Writes the counts for the worker, which turns them into metrics. What cannot be written is kept and added to the next.</summary>
sealed class CountWriter(RequestCounts counts, IOptions<GatewayOptions> options, TimeProvider clock)
{
    // The join drops counts of a service whose row is gone: nothing else would ever come of them.
    const string Insert =
        """
        INSERT INTO gateway_counts (id, team_id, service_instance_id, requests, errors, counted_at)
        SELECT counted.id, counted.team_id, counted.service_id, counted.requests, counted.errors, $6
        FROM unnest($1, $2, $3, $4, $5) AS counted (id, team_id, service_id, requests, errors)
        JOIN service_instances service ON service.id = counted.service_id
        """;

    DateTimeOffset _due;

    public async Task WriteWhenDueAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        if (now < _due) return;
        _due = now + options.Value.CountInterval;

        var taken = counts.Take();
        if (taken.Count == 0) return;
        try
        {
            await using var command = new NpgsqlCommand(Insert, connection)
            {
                Parameters =
                {
                    new NpgsqlParameter<Guid[]> { TypedValue = [.. taken.Select(_ => Guid.CreateVersion7(now))] },
                    new NpgsqlParameter<Guid[]> { TypedValue = [.. taken.Select(counted => counted.TeamId)] },
                    new NpgsqlParameter<Guid[]> { TypedValue = [.. taken.Select(counted => counted.ServiceId)] },
                    new NpgsqlParameter<long[]> { TypedValue = [.. taken.Select(counted => counted.Requests)] },
                    new NpgsqlParameter<long[]> { TypedValue = [.. taken.Select(counted => counted.Errors)] },
                    new NpgsqlParameter<DateTimeOffset> { TypedValue = now },
                },
            };
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
        catch
        {
            counts.PutBack(taken);
            throw;
        }
    }
}
