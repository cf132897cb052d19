using System.Globalization;
using Kyozo.Data.ServiceInstances;
using Kyozo.Web.Live;

namespace Kyozo.Web.Components.Shared;

/// <summary>Resource limits as they are typed: empty means the default of the level above.</summary>
public sealed record LimitsForm(string Cpu, string MemoryMiB, string StorageMiB, string Pids)
{
    const double MiB = 1024 * 1024;

    public static LimitsForm Of(ResourceLimits limits) => new(
        Text(limits.CpuCores), Text(limits.MemoryBytes / MiB), Text(limits.StorageBytes / MiB), Text(limits.Pids));

    /// <exception cref="RefusedException">Something is no number or out of its range.</exception>
    public ResourceLimits ToLimits() => new()
    {
        CpuCores = Number(Cpu, "CPU cores", 0.05, 64),
        MemoryBytes = (long?)(Number(MemoryMiB, "Memory", 16, 1024 * 1024) * MiB),
        StorageBytes = (long?)(Number(StorageMiB, "Storage", 64, 1024L * 1024 * 1024) * MiB),
        Pids = (int?)Number(Pids, "Processes", 16, 32768),
    };

    static string Text(double? number) => number?.ToString("0.##", CultureInfo.InvariantCulture) ?? "";

    static double? Number(string text, string name, double from, double to)
    {
        if (text.Length == 0) return null;
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number >= from && number <= to
            ? number
            : throw new RefusedException(FormattableString.Invariant($"{name}: \"{text}\" is not a number from {from} to {to}."));
    }
}
