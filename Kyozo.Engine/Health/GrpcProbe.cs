using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;
using Kyozo.Data.Health;

namespace Kyozo.Engine.Health;

/// <summary>Asks <c>grpc.health.v1.Health/Check</c> for the server as a whole, over HTTP/2 without TLS.</summary>
public sealed class GrpcProbe : IProbe
{
    /// <inheritdoc/>
    public CheckType Type => CheckType.Grpc;

    /// <inheritdoc/>
    public async Task<ProbeAnswer> AskAsync(HealthCheckConfig check, ProbeTarget target, CancellationToken cancellationToken)
    {
        using var channel = GrpcChannel.ForAddress($"http://{ProbeEndpoint.Of(check, target)}", new()
        {
            HttpHandler = new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false },
            DisposeHttpClient = true,
            MaxReceiveMessageSize = 64 * 1024,
        });
        try
        {
            var answer = await new Grpc.Health.V1.Health.HealthClient(channel).CheckAsync(new HealthCheckRequest(), cancellationToken: cancellationToken);
            return answer.Status is HealthCheckResponse.Types.ServingStatus.Serving
                ? ProbeAnswer.Healthy
                : ProbeAnswer.Unhealthy($"grpc.health.v1 answered {answer.Status}.");
        }
        catch (RpcException e) when (e.StatusCode is StatusCode.Unimplemented)
        {
            return ProbeAnswer.Unhealthy("The server does not implement grpc.health.v1.Health.");
        }
        catch (RpcException e) when (e is { StatusCode: StatusCode.Unavailable, Status.DebugException: { } cause })
        {
            throw new IOException(e.Status.Detail, cause);
        }
        catch (RpcException e) when (e.StatusCode is not (StatusCode.Cancelled or StatusCode.DeadlineExceeded) || !cancellationToken.IsCancellationRequested)
        {
            return ProbeAnswer.Unhealthy($"{e.StatusCode}: {e.Status.Detail}");
        }
        catch (RpcException e)
        {
            throw new OperationCanceledException(e.Status.Detail, e, cancellationToken);
        }
    }
}
