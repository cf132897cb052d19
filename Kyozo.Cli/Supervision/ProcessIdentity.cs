using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Serialization;

namespace Kyozo.Cli.Supervision;

/// <summary>A process by number and start time: a number alone is given to another process one day, and that one is not ours to end.</summary>
/// <param name="Pid">Its number.</param>
/// <param name="StartedAt">Opaque; equal for the same process only.</param>
sealed record ProcessIdentity(int Pid, long StartedAt)
{
    public static ProcessIdentity Current { get; } = Of(Environment.ProcessId)!;

    /// <summary>The live process of that number, or null.</summary>
    public static ProcessIdentity? Of(int pid)
    {
        try
        {
            if (OperatingSystem.IsLinux()) return OfProc(pid);
            using var process = Process.GetProcessById(pid);
            return process.HasExited ? null : new(pid, process.StartTime.Ticks);
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    [JsonIgnore]
    public bool IsAlive => Of(Pid) == this;

    // "4711 (name with ) and spaces) S 1 ...": the 20th word after the name is the start time in ticks since boot; Z is a dead child not yet collected.
    static ProcessIdentity? OfProc(int pid)
    {
        var file = string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/stat");
        if (!File.Exists(file)) return null;
        var stat = File.ReadAllText(file);
        var words = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return words[0] is "Z" or "X" ? null : new(pid, long.Parse(words[19], CultureInfo.InvariantCulture));
    }
}
