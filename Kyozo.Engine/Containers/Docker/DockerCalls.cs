using System.Text.Json;
using Docker.DotNet;

namespace Kyozo.Engine.Containers.Docker;

/// <summary>
/// One call to the engine: within a time limit of ours (the client's own is endless for streams, and a frozen engine never answers: SAFETY M20),
/// its errors told in the words of <see cref="IContainerRuntime"/>.
/// </summary>
sealed class DockerCalls(IDockerClient client, DockerOptions options, TimeProvider clock)
{
    public DockerOptions Options => options;

    public TimeProvider Clock => clock;

    public Task<T> RunAsync<T>(Func<IDockerClient, CancellationToken, Task<T>> call, CancellationToken cancellationToken) =>
        RunAsync(options.CallTimeout, call, cancellationToken);

    public Task RunAsync(Func<IDockerClient, CancellationToken, Task> call, CancellationToken cancellationToken) =>
        RunAsync(options.CallTimeout, call, cancellationToken);

    public Task RunAsync(TimeSpan limit, Func<IDockerClient, CancellationToken, Task> call, CancellationToken cancellationToken) =>
        RunAsync(limit, async (docker, token) => { await call(docker, token); return true; }, cancellationToken);

    /// <summary>Api errors that the caller knows how to answer stay <see cref="DockerApiException"/>: it filters them inside <paramref name="call"/>.</summary>
    public async Task<T> RunAsync<T>(TimeSpan limit, Func<IDockerClient, CancellationToken, Task<T>> call, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(limit, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            return await call(client, either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new EngineUnavailableException($"The container engine at {options.ResolveEndpoint()} did not answer within {limit.TotalSeconds:0} s.");
        }
        catch (DockerApiException refused)
        {
            throw new EngineRefusedException(MessageOf(refused), refused);
        }
        catch (Exception broken) when (IsConnectionFailure(broken))
        {
            throw Unavailable(broken);
        }
    }

    public EngineUnavailableException Unavailable(Exception broken) =>
        new($"The container engine at {options.ResolveEndpoint()} cannot be reached: {broken.GetBaseException().Message}", broken);

    public static bool IsConnectionFailure(Exception exception) =>
        exception is HttpRequestException or IOException or TimeoutException or System.Net.Sockets.SocketException or ObjectDisposedException
            // A TCP endpoint: the client wraps its attempts at each of the host's addresses.
            or AggregateException { InnerException: System.Net.Sockets.SocketException };

    /// <summary>The engine's own sentence: <c>{"message":"No such image: x"}</c>.</summary>
    public static string MessageOf(DockerApiException refused)
    {
        try
        {
            using var body = JsonDocument.Parse(refused.ResponseBody ?? "");
            if (body.RootElement.ValueKind == JsonValueKind.Object && body.RootElement.TryGetProperty("message", out var message)) return message.ToString().Trim();
        }
        catch (JsonException)
        {
            // Some answers are plain text.
        }

        return string.IsNullOrWhiteSpace(refused.ResponseBody) ? refused.Message : refused.ResponseBody.Trim();
    }

    /// <summary>Filters of the engine's API: every value must match.</summary>
    public static IDictionary<string, IDictionary<string, bool>> LabelFilter(IReadOnlyDictionary<string, string> labels) =>
        new Dictionary<string, IDictionary<string, bool>> { ["label"] = labels.ToDictionary(label => $"{label.Key}={label.Value}", _ => true) };
}

/// <summary>Reports in order and at once; <see cref="Progress{T}"/> posts to the thread pool and reorders.</summary>
sealed class InOrder<T>(Action<T> report) : IProgress<T>
{
    readonly Lock _one = new();

    public void Report(T value)
    {
        lock (_one) report(value);
    }
}
