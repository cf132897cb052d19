namespace Kyozo.Worker.Scheduling;

/// <summary>Name of this process among the workers: machine and process id, so that a person finds it (<c>Kyozo:Worker:Node</c> gives another).</summary>
sealed record WorkerNode(string Name)
{
    public static WorkerNode From(IConfiguration configuration) =>
        new(configuration["Kyozo:Worker:Node"] ?? $"{Environment.MachineName}-{Environment.ProcessId}");
}
