using System.Globalization;
using System.Runtime.CompilerServices;
using Docker.DotNet;
using Docker.DotNet.Models;

namespace Kyozo.Engine.Containers.Docker;

/// <summary>Container logs, line by line.</summary>
sealed class DockerLogs(DockerCalls calls)
{
    public async IAsyncEnumerable<LogLine> ReadAsync(string containerId, LogQuery query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // The limit is on opening and on silence while reading what is there; followed output may be silent for days.
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var stream = await OpenAsync(containerId, query, silence.Token, cancellationToken);
        LogRecords output = new(isError: false), error = new(isError: true);
        var buffer = new byte[32 * 1024];
        while (true)
        {
            if (!query.Follow) silence.CancelAfter(calls.Options.CallTimeout);
            var read = await ReadAsync(stream, buffer, silence.Token, cancellationToken);
            if (read.EOF) break;
            var records = read.Target == MultiplexedStream.TargetStream.StandardError ? error : output;
            foreach (var line in records.Add(buffer.AsMemory(0, read.Count))) yield return line;
        }

        if (output.End() is { } last) yield return last;
        if (error.End() is { } lastError) yield return lastError;
    }

    Task<MultiplexedStream> OpenAsync(string containerId, LogQuery query, CancellationToken streamToken, CancellationToken cancellationToken)
    {
        var parameters = new ContainerLogsParameters
        {
            ShowStdout = true,
            ShowStderr = true,
            Timestamps = true,
            Follow = query.Follow,
            Tail = query.Tail?.ToString(CultureInfo.InvariantCulture) ?? "all",
            Since = query.Since is { } since ? UnixTime(since) : null!,
        };
        return calls.RunAsync(async (docker, deadline) =>
        {
            try
            {
                // The stream lives on under its own token; only its opening has the deadline of a call.
                return await docker.Containers.GetContainerLogsAsync(containerId, parameters, streamToken).WaitAsync(deadline);
            }
            catch (DockerContainerNotFoundException)
            {
                throw new ContainerNotFoundException(containerId);
            }
        }, cancellationToken);
    }

    async Task<MultiplexedStream.ReadResult> ReadAsync(MultiplexedStream stream, byte[] buffer, CancellationToken silence, CancellationToken cancellationToken)
    {
        try
        {
            return await stream.ReadOutputAsync(buffer, 0, buffer.Length, silence);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new EngineUnavailableException("The container engine stopped sending the log.");
        }
        catch (Exception broken) when (DockerCalls.IsConnectionFailure(broken) && !cancellationToken.IsCancellationRequested)
        {
            throw calls.Unavailable(broken);
        }
    }

    /// <summary><c>1763929906.123456700</c>.</summary>
    static string UnixTime(DateTimeOffset at)
    {
        var ticks = at.UtcTicks - DateTimeOffset.UnixEpoch.Ticks;
        return string.Create(CultureInfo.InvariantCulture, $"{ticks / TimeSpan.TicksPerSecond}.{ticks % TimeSpan.TicksPerSecond:0000000}00");
    }
}
