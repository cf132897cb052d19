using System.Text.Json;
using Kyozo.Data;

namespace Kyozo.Worker.Api;

/// <summary>Writes frames as NDJSON, each at once: somebody is reading along.</summary>
sealed class FrameResult<T>(Func<CancellationToken, IAsyncEnumerable<T>> read) : IResult
{
    static readonly byte[] LineEnd = "\n"u8.ToArray();

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var stop = httpContext.RequestAborted;
        httpContext.Response.ContentType = "application/x-ndjson";
        httpContext.Response.Headers.CacheControl = "no-store";
        await httpContext.Response.StartAsync(stop);
        await httpContext.Response.Body.FlushAsync(stop);
        try
        {
            await foreach (var frame in read(stop))
            {
                await JsonSerializer.SerializeAsync(httpContext.Response.Body, frame, KyozoJson.Compact, stop);
                await httpContext.Response.Body.WriteAsync(LineEnd, stop);
                await httpContext.Response.Body.FlushAsync(stop);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The reader left.
        }
    }
}
