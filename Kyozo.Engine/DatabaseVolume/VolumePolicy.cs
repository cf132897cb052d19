namespace Kyozo.Engine.DatabaseVolume;

/// <summary>What the room on the database's disk allows.</summary>
public enum VolumeLevel
{
    /// <summary>Everything.</summary>
    Roomy,
    /// <summary>Everything, but somebody should make room.</summary>
    Low,
    /// <summary>Metrics are not stored and nothing is built, so that the trail and the state of deployments can still be written.</summary>
    Full,
}

/// <summary>When the alarm is given and when intake stops. At 100 % PostgreSQL goes down and stays down (SAFETY M35). Pure.</summary>
public static class VolumePolicy
{
    /// <summary>How far the disk must fall below a bound before its level ends: it does not flicker.</summary>
    const double Slack = 0.01;

    /// <summary>The level at a share in use.</summary>
    /// <param name="used">0..1.</param>
    /// <param name="before">The level until now.</param>
    /// <param name="options">The bounds.</param>
    public static VolumeLevel Judge(double used, VolumeLevel before, DatabaseVolumeOptions options)
    {
        if (used >= options.StopAt - (before is VolumeLevel.Full ? Slack : 0)) return VolumeLevel.Full;
        return used >= options.AlarmAt - (before is VolumeLevel.Roomy ? 0 : Slack) ? VolumeLevel.Low : VolumeLevel.Roomy;
    }
}
