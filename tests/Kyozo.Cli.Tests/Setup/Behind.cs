namespace Kyozo.Cli.Tests.Setup;

/// <summary>A clock that is behind: certificates made by it end sooner.</summary>
sealed class Behind(TimeSpan by) : TimeProvider
{
    public override DateTimeOffset GetUtcNow() => System.GetUtcNow() - by;
}
