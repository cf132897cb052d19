using Kyozo.Data.Topology;

namespace Kyozo.Engine.Topology.Detectors;

/// <summary>What a folder is of which no manifest and no Dockerfile says anything.</summary>
static class LastResort
{
    /// <summary>What the command of its Procfile starts, else the language of its files.</summary>
    public static Candidate? Of(Folder folder)
    {
        var (process, mix) = (Processes.Alone(folder), FileMixDetector.Detect(folder));
        return process is null || process.Type == ServiceType.Shell && mix is not null ? mix : process;
    }
}
