namespace Kyozo.Worker.Scheduling;

/// <summary>Name of this process among the workers: machine and process id, so that a person finds it.</summary>
sealed record WorkerNode(string Name)
{
    public static WorkerNode Current { get; } = new($"{Environment.MachineName}-{Environment.ProcessId}");
}
