namespace Kyozo.Engine.Containers;

/// <summary>Labels on everything Kyozo makes. A label alone never proves ownership: the record in <c>service_containers</c> does, with it (SAFETY M3).</summary>
public static class KyozoLabels
{
    public const string Prefix = "kyozo.";
    /// <summary>Id of this installation.</summary>
    public const string Installation = "kyozo.installation";
    public const string Team = "kyozo.team";
    public const string Workspace = "kyozo.workspace";
    public const string Service = "kyozo.service";
    public const string ServiceName = "kyozo.service-name";
    public const string Replica = "kyozo.replica";
    /// <summary>Lease epoch of the deployment that made it.</summary>
    public const string Epoch = "kyozo.epoch";
    public const string SpecHash = "kyozo.spec-hash";
    public const string ContentHash = "kyozo.content-hash";
    public const string Environment = "kyozo.environment";
}
