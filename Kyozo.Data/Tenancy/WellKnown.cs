namespace Kyozo.Data.Tenancy;

/// <summary>Ids of the rows that the first migration makes in every installation.</summary>
public static class WellKnown
{
    /// <summary>The reserved, sign-in-less user <c>operator</c>, owner of <see cref="DefaultTeam"/>: the local command line.</summary>
    public static readonly Guid Operator = new("00000000-0000-7000-8000-000000000001");

    /// <summary>The team <c>default</c>.</summary>
    public static readonly Guid DefaultTeam = new("00000000-0000-7000-8000-000000000002");

    /// <summary>The engine <c>local</c>.</summary>
    public static readonly Guid LocalEngine = new("00000000-0000-7000-8000-000000000003");
}
