using System.Globalization;

namespace Kyozo.Bench.Frame;

/// <summary>The machine that the figures are from.</summary>
static class Machine
{
    public static string Describe()
    {
        var model = Field("/proc/cpuinfo", "model name") ?? "unknown processor";
        var memory = Field("/proc/meminfo", "MemTotal") is { } total && long.TryParse(total.Split(' ')[0], CultureInfo.InvariantCulture, out var kilobytes)
            ? Figures.Size(kilobytes * 1024)
            : "unknown memory";
        return $"{Environment.ProcessorCount} cores ({model}), {memory}";
    }

    // "model name	: AMD EPYC Processor", "MemTotal:       24689012 kB"
    static string? Field(string file, string name) =>
        File.ReadLines(file).FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal)) is { } line ? line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim() : null;
}
