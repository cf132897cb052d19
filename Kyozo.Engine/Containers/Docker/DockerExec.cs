using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using Docker.DotNet;
using Docker.DotNet.Models;

namespace Kyozo.Engine.Containers.Docker;

/// <summary>
/// Commands in containers. The engine cannot end a command it has started, and it outlives its client (SAFETY M14): the command runs under
/// the container's own <c>timeout</c> program. Where the image has none, only our waiting ends.
/// </summary>
sealed class DockerExec(DockerCalls calls)
{
    const int OutputBytes = 64 * 1024;
    static readonly TimeSpan KillAfter = TimeSpan.FromSeconds(1);
    static readonly TimeSpan Margin = TimeSpan.FromSeconds(5);

    /// <summary>Containers whose image has no <c>timeout</c>.</summary>
    readonly ConcurrentDictionary<string, bool> _withoutTimeout = new();

    public async Task<ExecResult> RunAsync(string containerId, IReadOnlyList<string> command, TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (command.Count == 0) throw new ArgumentException("There is no command to run.", nameof(command));
        if (!_withoutTimeout.ContainsKey(containerId))
        {
            var limited = await RunOnceAsync(containerId, [.. Limit(timeout), .. command], timeout, cancellationToken);
            if (!IsMissingTimeout(limited)) return limited;
            _withoutTimeout[containerId] = true;
        }

        return await RunOnceAsync(containerId, command, timeout, cancellationToken);
    }

    static string[] Limit(TimeSpan timeout) =>
        ["timeout", "-k", Seconds(KillAfter), Seconds(timeout)];

    static string Seconds(TimeSpan time) => Math.Max(1, (long)Math.Ceiling(time.TotalSeconds)).ToString(CultureInfo.InvariantCulture);

    // OCI runtime exec failed: … exec: "timeout": executable file not found in $PATH
    static bool IsMissingTimeout(ExecResult result) =>
        result.ExitCode is 126 or 127 && result.Output.Contains("\"timeout\": executable file not found", StringComparison.Ordinal);

    async Task<ExecResult> RunOnceAsync(string containerId, IReadOnlyList<string> command, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        var output = new StringBuilder();
        var execId = await CreateAsync(containerId, command, cancellationToken);
        var ended = await ReadToEndAsync(execId, output, timeout + KillAfter + Margin, cancellationToken);
        if (!ended) return new(-1, output.ToString(), TimedOut: true);

        var inspected = await calls.RunAsync((docker, token) => docker.Exec.InspectContainerExecAsync(execId, token), cancellationToken);
        var exitCode = inspected.ExitCode ?? -1;
        // 124 says timeout itself; 137 when it had to kill, 143 in busybox.
        var timedOut = clock.Elapsed >= timeout && exitCode is 124 or 137 or 143;
        return new(exitCode, output.ToString(), timedOut);
    }

    Task<string> CreateAsync(string containerId, IReadOnlyList<string> command, CancellationToken cancellationToken) => calls.RunAsync(async (docker, token) =>
    {
        try
        {
            var created = await docker.Exec.CreateContainerExecAsync(
                containerId, new ContainerExecCreateParameters { AttachStdout = true, AttachStderr = true, Cmd = [.. command] }, token);
            return created.ID;
        }
        catch (DockerContainerNotFoundException)
        {
            throw new ContainerNotFoundException(containerId);
        }
    }, cancellationToken);

    /// <summary>False when the time limit passed first.</summary>
    async Task<bool> ReadToEndAsync(string execId, StringBuilder output, TimeSpan limit, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(limit, calls.Clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            await calls.RunAsync(limit + Margin, async (docker, _) =>
            {
                using var stream = await docker.Exec.StartContainerExecAsync(execId, new ContainerExecStartParameters(), either.Token);
                var decoder = Encoding.UTF8.GetDecoder();
                var buffer = new byte[8192];
                var characters = new char[8192];
                while (await stream.ReadOutputAsync(buffer, 0, buffer.Length, either.Token) is { EOF: false } read)
                {
                    var count = decoder.GetChars(buffer.AsSpan(0, read.Count), characters, flush: false);
                    // The rest is read and dropped: a full pipe would stop the command.
                    output.Append(characters, 0, Math.Min(count, OutputBytes - output.Length));
                }
            }, cancellationToken);
            return true;
        }
        catch (EngineUnavailableException) when (deadline.IsCancellationRequested)
        {
            return false;
        }
    }
}
