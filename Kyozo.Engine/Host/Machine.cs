using System.Globalization;

namespace Kyozo.Engine.Host;

/// <summary>The machine that figures and test results are from.</summary>
public static class Machine
{
    /// <summary>Cores, processor and memory in one line: <c>2 cores (AMD EPYC), 23.5 GiB</c>.</summary>
    public static string Describe()
    {
        var model = Field("/proc/cpuinfo", "model name") ?? "unknown processor";
        var memory = Field("/proc/meminfo", "MemTotal") is { } total && long.TryParse(total.Split(' ')[0], CultureInfo.InvariantCulture, out var kilobytes)
            ? string.Create(CultureInfo.InvariantCulture, $"{kilobytes / 1048576.0:0.0} GiB")
            : "unknown memory";
        return $"{Environment.ProcessorCount} cores ({model}), {memory}";
    }

    // "model name	: AMD EPYC Processor", "MemTotal:       24689012 kB"
    static string? Field(string file, string name) =>
        File.Exists(file) && File.ReadLines(file).FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal)) is { } line ? line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim() : null;
}
