using Docker.DotNet;
using Docker.DotNet.Models;

namespace Kyozo.Engine.Containers.Docker;

/// <summary>Builds with the engine's classic builder, the one that every engine of the last ten years has behind its API.</summary>
sealed class DockerBuild(DockerCalls calls, DockerImages images)
{
    const long PeriodMicroseconds = 100_000;

    public async Task<ImageInfo> BuildAsync(ImageBuildSpec spec, Stream context, Action<string> output, CancellationToken cancellationToken)
    {
        var transcript = new BuildTranscript(output);
        string? error = null;
        try
        {
            await calls.RunAsync(spec.Timeout, async (docker, token) =>
            {
                try
                {
                    await docker.Images.BuildImageFromDockerfileAsync(Parameters(spec), context, null, null, new InOrder<JSONMessage>(message =>
                    {
                        // A failed build is no exception: it says so in its last message.
                        error ??= message.Error?.Message;
                        if (message.Stream is { } text) transcript.Add(text);
                        else if (message is { Status: { } status, Progress: null }) transcript.Add($"{status}\n");
                    }), token);
                }
                catch (DockerApiException refused)
                {
                    error = DockerCalls.MessageOf(refused);
                }
            }, cancellationToken);
        }
        catch (EngineUnavailableException slow) when (slow.InnerException is null)
        {
            error = $"The build took longer than its limit of {spec.Timeout.TotalMinutes:0.#} min.";
        }

        transcript.End();
        if (error is not null) throw transcript.Failure(spec.Tag, error);
        return await images.FindAsync(transcript.BuiltId ?? spec.Tag, cancellationToken)
            ?? throw transcript.Failure(spec.Tag, "the engine reported success, and the image is not there.");
    }

    static ImageBuildParameters Parameters(ImageBuildSpec spec) => new()
    {
        Tags = [spec.Tag],
        Dockerfile = spec.Dockerfile,
        Labels = spec.Labels.ToDictionary(),
        BuildArgs = spec.Arguments.ToDictionary(),
        NetworkMode = spec.Network,
        Memory = spec.MemoryBytes,
        MemorySwap = spec.MemoryBytes,
        CPUPeriod = PeriodMicroseconds,
        CPUQuota = (long)(spec.CpuCores * PeriodMicroseconds),
        Remove = true,
        ForceRemove = true,
    };
}
