using Kyozo.Data.Deployments;
using Kyozo.Data.Engines;
using Kyozo.Data.Health;
using Kyozo.Data.ServiceInstances;
using Glyph = MudBlazor.Icons.Material.Rounded;

namespace Kyozo.Web.Components.Shared;

/// <summary>What a colour means; each has one meaning and is never alone (PORTAL "Words and states").</summary>
public enum Tone { Idle, Ok, Busy, Warn, Bad }

/// <summary>How a state is shown: colour, icon and word.</summary>
/// <param name="Tone">Its colour.</param>
/// <param name="Icon">SVG path markup of MudBlazor's.</param>
/// <param name="Word">What a person reads.</param>
public sealed record Look(Tone Tone, string Icon, string Word)
{
    /// <summary>Class that carries the colour.</summary>
    public string Class => $"tone-{Tone.ToString().ToLowerInvariant()}";

    /// <summary>True for a state that passes by itself: its icon turns.</summary>
    public bool Turns { get; init; }

    public static Look Of(ServiceStatus status) => status switch
    {
        ServiceStatus.Detected => new(Tone.Idle, Glyph.RadioButtonUnchecked, "not deployed"),
        ServiceStatus.Queued => Busy("queued"),
        ServiceStatus.Building => Busy("building"),
        ServiceStatus.Starting => Busy("starting"),
        ServiceStatus.Running => new(Tone.Ok, Glyph.PlayCircle, "running"),
        ServiceStatus.Degraded => new(Tone.Warn, Glyph.Warning, "degraded"),
        ServiceStatus.CrashLooping => new(Tone.Bad, Glyph.RestartAlt, "crash looping"),
        ServiceStatus.Stopping => Busy("stopping"),
        ServiceStatus.Stopped => new(Tone.Idle, Glyph.StopCircle, "stopped"),
        ServiceStatus.Failed => new(Tone.Bad, Glyph.Cancel, "failed"),
        _ => new(Tone.Idle, Glyph.Help, "unknown"),
    };

    public static Look Of(HealthState health) => health switch
    {
        HealthState.Healthy => new(Tone.Ok, Glyph.Favorite, "healthy"),
        HealthState.Unhealthy => new(Tone.Bad, Glyph.HeartBroken, "unhealthy"),
        _ => new(Tone.Idle, Glyph.Help, "health unknown"),
    };

    public static Look Of(CheckStatus status) => status switch
    {
        CheckStatus.Healthy => new(Tone.Ok, Glyph.CheckCircle, "healthy"),
        CheckStatus.Unhealthy => new(Tone.Bad, Glyph.Cancel, "unhealthy"),
        CheckStatus.TimedOut => new(Tone.Bad, Glyph.TimerOff, "timed out"),
        _ => new(Tone.Idle, Glyph.Help, "unknown"),
    };

    public static Look Of(DeploymentStatus status) => status switch
    {
        DeploymentStatus.Planned => new(Tone.Warn, Glyph.PendingActions, "planned"),
        DeploymentStatus.Queued => Busy("queued"),
        DeploymentStatus.Building => Busy("building"),
        DeploymentStatus.Starting => Busy("starting"),
        DeploymentStatus.Verifying => Busy("verifying"),
        DeploymentStatus.Switching => Busy("switching"),
        DeploymentStatus.Succeeded => new(Tone.Ok, Glyph.CheckCircle, "succeeded"),
        DeploymentStatus.Failed => new(Tone.Bad, Glyph.Cancel, "failed"),
        DeploymentStatus.Cancelled => new(Tone.Idle, Glyph.DoNotDisturbOn, "cancelled"),
        _ => new(Tone.Warn, Glyph.PauseCircle, "interrupted"),
    };

    public static Look Of(StepStatus status) => status switch
    {
        StepStatus.Pending => new(Tone.Idle, Glyph.RadioButtonUnchecked, "waiting"),
        StepStatus.Running => Busy("running"),
        StepStatus.Succeeded => new(Tone.Ok, Glyph.CheckCircle, "done"),
        StepStatus.Failed => new(Tone.Bad, Glyph.Cancel, "failed"),
        StepStatus.Skipped => new(Tone.Idle, Glyph.RemoveCircleOutline, "not needed"),
        _ => new(Tone.Idle, Glyph.DoNotDisturbOn, "cancelled"),
    };

    public static Look Of(ContainerStatus status) => status switch
    {
        ContainerStatus.Running => new(Tone.Ok, Glyph.PlayCircle, "running"),
        ContainerStatus.Created => Busy("created"),
        ContainerStatus.Exited => new(Tone.Bad, Glyph.StopCircle, "ended"),
        _ => new(Tone.Idle, Glyph.RemoveCircleOutline, "removed"),
    };

    public static Look Of(EngineState state) => state switch
    {
        EngineState.Reachable => new(Tone.Ok, Glyph.CheckCircle, "reachable"),
        EngineState.Unreachable => new(Tone.Bad, Glyph.LinkOff, "not reachable"),
        _ => new(Tone.Idle, Glyph.Help, "not asked yet"),
    };

    /// <summary>Last run of a job: null while it runs.</summary>
    public static Look OfRun(bool? succeeded) => succeeded switch
    {
        null => Busy("running"),
        true => new(Tone.Ok, Glyph.CheckCircle, "ended well"),
        false => new(Tone.Bad, Glyph.Cancel, "failed"),
    };

    /// <summary>How far a finding of detection is believed (DESIGN §6: taken from 0.8, asked from 0.3).</summary>
    public static Look OfConfidence(double confidence) => confidence switch
    {
        >= 0.8 => new(Tone.Ok, Glyph.CheckCircle, "sure"),
        >= 0.3 => new(Tone.Warn, Glyph.HelpOutline, "please confirm"),
        _ => new(Tone.Idle, Glyph.RemoveCircleOutline, "ignored"),
    };

    static Look Busy(string word) => new(Tone.Busy, Glyph.Autorenew, word) { Turns = true };
}
