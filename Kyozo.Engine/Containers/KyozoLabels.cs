namespace Kyozo.Engine.Containers;

/// <summary>Labels on everything Kyozo makes. A label alone never proves ownership: the record in <c>service_containers</c> does, with it (SAFETY M3).</summary>
public static class KyozoLabels
{
    /// <summary>What all our labels begin with.</summary>
    public const string Prefix = "kyozo.";
    /// <summary>Id of this installation.</summary>
    public const string Installation = "kyozo.installation";
    /// <summary>On the container of this installation's own database: the folder of its home.</summary>
    public const string Home = "kyozo.home";
    /// <summary>Id of the team.</summary>
    public const string Team = "kyozo.team";
    /// <summary>Id of the workspace.</summary>
    public const string Workspace = "kyozo.workspace";
    /// <summary>Id of the service.</summary>
    public const string Service = "kyozo.service";
    /// <summary>Name of the service.</summary>
    public const string ServiceName = "kyozo.service-name";
    /// <summary>Replica number, from 1.</summary>
    public const string Replica = "kyozo.replica";
    /// <summary>Lease epoch of the deployment that made it.</summary>
    public const string Epoch = "kyozo.epoch";
    /// <summary>Hash of the specification it was made from.</summary>
    public const string SpecHash = "kyozo.spec-hash";
    /// <summary>Hash of everything that went into an image.</summary>
    public const string ContentHash = "kyozo.content-hash";
    /// <summary>The workspace's deployment environment.</summary>
    public const string Environment = "kyozo.environment";
}
