using System.Text.Json;
using Kyozo.Data;

namespace Kyozo.Cli.Supervision;

/// <summary>What runs, as the supervisor last wrote it.</summary>
/// <param name="Supervisor">The supervisor itself.</param>
/// <param name="Processes">In the order in which they are started.</param>
/// <param name="Followed">The version of what was wanted that it has brought about.</param>
sealed record RunState(ProcessIdentity Supervisor, IReadOnlyList<ProcessState> Processes, DateTime Followed);

/// <summary>One supervised process.</summary>
/// <param name="Name">Its spec's name.</param>
/// <param name="Process">The live process, or null.</param>
/// <param name="Starts">Times it was started by this supervisor.</param>
/// <param name="LastExitCode">How it last ended, or null.</param>
sealed record ProcessState(string Name, ProcessIdentity? Process, int Starts, int? LastExitCode);

/// <summary>
/// The two files by which commands and supervisor talk: <c>run/processes.json</c> is what is wanted (written by <c>up</c> and <c>down</c>),
/// <c>run/state.json</c> what is (written by the supervisor). Both are replaced in one step and 0600: specs carry connection strings.
/// </summary>
sealed class RunFiles(KyozoHome home)
{
    readonly string _wanted = Path.Combine(home.Run, "processes.json");
    readonly string _state = Path.Combine(home.Run, "state.json");

    public string Lock => Path.Combine(home.Run, "supervisor.lock");

    /// <summary>Changes whenever what is wanted was written again.</summary>
    public DateTime WantedVersion => File.GetLastWriteTimeUtc(_wanted);

    public IReadOnlyList<ProcessSpec> ReadWanted() => Read<IReadOnlyList<ProcessSpec>>(_wanted) ?? [];

    public void WriteWanted(IReadOnlyList<ProcessSpec> processes) => Write(_wanted, processes);

    /// <summary>The newest state, or null when there is none.</summary>
    public RunState? ReadState() => Read<RunState>(_state);

    public void WriteState(RunState state) => Write(_state, state);

    /// <summary>The state when its supervisor lives, else null.</summary>
    public RunState? ReadLive() => ReadState() is { Supervisor.IsAlive: true } state ? state : null;

    static T? Read<T>(string file) where T : class =>
        File.Exists(file) ? JsonSerializer.Deserialize<T>(File.ReadAllBytes(file), KyozoJson.Indented) : null;

    void Write<T>(string file, T value)
    {
        Directory.CreateDirectory(home.Run);
        PrivateFile.Write(file, JsonSerializer.Serialize(value, KyozoJson.Indented));
    }
}
