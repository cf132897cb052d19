using System.Net.Sockets;
using Kyozo.Data.Health;
using Kyozo.Engine.Containers;

namespace Kyozo.Engine.Health;

/// <summary>Runs probes: each within its deadline, many at once, and whatever happens ends as a <see cref="ProbeResult"/>.</summary>
public sealed class ProbeRunner(IEnumerable<IProbe> probes, TimeProvider clock)
{
    /// <summary>Probes under way at once; they wait rather than work.</summary>
    const int Parallelism = 64;

    const int LongestError = 500;

    readonly Dictionary<CheckType, IProbe> _probes = probes.ToDictionary(p => p.Type);

    /// <summary>One probe.</summary>
    public async Task<ProbeResult> RunAsync(HealthCheckConfig check, ProbeTarget target, CancellationToken cancellationToken)
    {
        var probe = _probes[check.Type];
        using var deadline = new CancellationTokenSource(check.Timeout + probe.Grace, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        var started = clock.GetTimestamp();
        try
        {
            var answer = await probe.AskAsync(check, target, either.Token);
            TimeSpan? took = answer.Status is CheckStatus.Healthy or CheckStatus.Unhealthy ? clock.GetElapsedTime(started) : null;
            return new(check.Type, answer.Status, took, Clean(answer.Error));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new(check.Type, CheckStatus.TimedOut, null, $"No answer within {check.Timeout.TotalSeconds:0.#} s.");
        }
        catch (Exception e) when (e is HttpRequestException or IOException or SocketException)
        {
            return new(check.Type, CheckStatus.Unhealthy, null, Clean(Why(e)));
        }
        catch (Exception e) when (e is ContainerNotFoundException or EngineRefusedException)
        {
            return new(check.Type, CheckStatus.Unhealthy, null, Clean(e.Message));
        }
        catch (Exception e) when (e is ProbeSetupException or EngineUnavailableException)
        {
            return new(check.Type, CheckStatus.Unknown, null, Clean(e.Message));
        }
    }

    /// <summary>Many probes at once; results in the order asked.</summary>
    public async Task<IReadOnlyList<ProbeResult>> RunAllAsync(
        IReadOnlyList<(HealthCheckConfig Check, ProbeTarget Target)> asked, CancellationToken cancellationToken)
    {
        var results = new ProbeResult[asked.Count];
        await Parallel.ForAsync(0, asked.Count, new ParallelOptions { MaxDegreeOfParallelism = Parallelism, CancellationToken = cancellationToken },
            async (i, stop) => results[i] = await RunAsync(asked[i].Check, asked[i].Target, stop));
        return results;
    }

    static string Why(Exception e) => (e.GetBaseException() as SocketException)?.SocketErrorCode switch
    {
        SocketError.ConnectionRefused => "Connection refused.",
        SocketError.ConnectionReset => "The connection was reset.",
        SocketError.HostUnreachable or SocketError.NetworkUnreachable => "The container's address cannot be reached.",
        _ => e.GetBaseException().Message,
    };

    // What a container says is stored and shown: no control characters (NUL cannot even be stored), and short.
    static string? Clean(string? error)
    {
        if (error is null) return null;
        var text = new string([.. error.Take(LongestError).Select(c => char.IsControl(c) || char.IsSurrogate(c) ? ' ' : c)]);
        return text.Trim();
    }
}
