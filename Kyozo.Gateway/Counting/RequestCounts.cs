using System.Collections.Concurrent;
using Kyozo.Gateway.Routes;

namespace Kyozo.Gateway.Counting;

/// <summary>Requests and errors of each service since they were last taken.</summary>
sealed class RequestCounts
{
    readonly ConcurrentDictionary<(Guid Team, Guid Service), Counter> _counters = new();

    public void Add(RoutedService service, bool failed) => Add(service.TeamId, service.Id, 1, failed ? 1 : 0);

    /// <summary>Takes what was counted and starts again from zero.</summary>
    public IReadOnlyList<Counted> Take() =>
        [.. _counters.Select(pair => pair.Value.Take(pair.Key.Team, pair.Key.Service)).Where(counted => counted.Requests > 0)];

    /// <summary>Puts back what could not be written.</summary>
    public void PutBack(IEnumerable<Counted> counts)
    {
        foreach (var count in counts) Add(count.TeamId, count.ServiceId, count.Requests, count.Errors);
    }

    void Add(Guid team, Guid service, long requests, long errors) => _counters.GetOrAdd((team, service), _ => new()).Add(requests, errors);

    sealed class Counter
    {
        readonly Lock _both = new();
        long _requests, _errors;

        // Both under one lock, so that an error is never taken without its request.
        public void Add(long requests, long errors)
        {
            lock (_both)
            {
                _requests += requests;
                _errors += errors;
            }
        }

        public Counted Take(Guid team, Guid service)
        {
            lock (_both)
            {
                var taken = new Counted(team, service, _requests, _errors);
                _requests = _errors = 0;
                return taken;
            }
        }
    }
}

/// <summary>What one service was asked in an interval.</summary>
sealed record Counted(Guid TeamId, Guid ServiceId, long Requests, long Errors);
