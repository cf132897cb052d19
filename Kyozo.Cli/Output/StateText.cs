using System.Text.Json;
using Kyozo.Data.Health;
using Kyozo.Data.ServiceInstances;
using Spectre.Console;

namespace Kyozo.Cli.Output;

/// <summary>States as coloured words; the word carries the meaning, the colour only helps.</summary>
static class StateText
{
    public static Text Status(ServiceStatus status) => new(Word(status), status switch
    {
        ServiceStatus.Running => Color.Green,
        ServiceStatus.Queued or ServiceStatus.Building or ServiceStatus.Starting or ServiceStatus.Stopping => Color.Blue,
        ServiceStatus.Degraded or ServiceStatus.CrashLooping => Color.Yellow,
        ServiceStatus.Failed => Color.Red,
        _ => Color.Grey,
    });

    public static Text Health(HealthState health) => new(Word(health), health switch
    {
        HealthState.Healthy => Color.Green,
        HealthState.Unhealthy => Color.Red,
        _ => Color.Grey,
    });

    public static bool NeedsAttention(this ServiceStatus status) =>
        status is ServiceStatus.Degraded or ServiceStatus.CrashLooping or ServiceStatus.Failed or ServiceStatus.Unknown;

    /// <summary><c>CrashLooping</c> → <c>crash looping</c>.</summary>
    public static string Word(Enum value) => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString()).Replace('_', ' ');
}
