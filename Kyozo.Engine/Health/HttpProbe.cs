using System.Buffers;
using Kyozo.Data.Health;

namespace Kyozo.Engine.Health;

/// <summary>GET that must answer with a status of 200 to 399. Redirects are not followed: they could lead anywhere.</summary>
public sealed class HttpProbe : IProbe, IDisposable
{
    /// <summary>The body is read through a borrowed buffer of this size and not kept.</summary>
    const int BufferBytes = 16 * 1024;

    /// <summary>A page longer than this is no health page and ends the probe.</summary>
    const int LongestBody = 4 * 1024 * 1024;

    readonly HttpClient _http = new(new SocketsHttpHandler
    {
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        MaxResponseHeadersLength = 64,
        // A new connection each time: an old one says nothing about whether the server still accepts any.
        PooledConnectionLifetime = TimeSpan.Zero,
    })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    /// <inheritdoc/>
    public CheckType Type => CheckType.Http;

    /// <inheritdoc/>
    public async Task<ProbeAnswer> AskAsync(HealthCheckConfig check, ProbeTarget target, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, ProbeEndpoint.Url(check, target));
        request.Headers.Host = "localhost";
        request.Headers.TryAddWithoutValidation("User-Agent", "kyozo-health");
        using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        var status = (int)response.StatusCode;
        if (status is < 200 or >= 400) return ProbeAnswer.Unhealthy($"GET {check.Path ?? "/"} answered {status} {response.ReasonPhrase}.");

        await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            for (var total = 0; total <= LongestBody;)
            {
                var read = await body.ReadAsync(buffer, cancellationToken);
                if (read == 0) return ProbeAnswer.Healthy;
                total += read;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        return ProbeAnswer.Unhealthy($"GET {check.Path ?? "/"} answered with more than {LongestBody / 1024 / 1024} MiB: too large for a health check.");
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();
}
