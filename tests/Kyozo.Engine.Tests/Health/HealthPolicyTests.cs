using Kyozo.Data.Health;
using Kyozo.Engine.Health;

namespace Kyozo.Engine.Tests.Health;

public sealed class HealthPolicyTests
{
    const CheckStatus Ok = CheckStatus.Healthy;
    const CheckStatus Bad = CheckStatus.Unhealthy;
    const CheckStatus Late = CheckStatus.TimedOut;
    const CheckStatus Unasked = CheckStatus.Unknown;

    [Theory]
    [InlineData(HealthState.Unknown, HealthState.Healthy, Ok)]
    [InlineData(HealthState.Unhealthy, HealthState.Healthy, Ok, Bad, Bad, Bad)]
    [InlineData(HealthState.Healthy, HealthState.Healthy, Bad, Ok)]
    [InlineData(HealthState.Healthy, HealthState.Healthy, Late, Bad, Ok)]
    [InlineData(HealthState.Healthy, HealthState.Unhealthy, Late, Bad, Late, Ok)]
    [InlineData(HealthState.Healthy, HealthState.Unhealthy, Bad, Unasked, Bad, Bad)]
    [InlineData(HealthState.Unhealthy, HealthState.Unhealthy, Bad, Ok)]
    [InlineData(HealthState.Unknown, HealthState.Unknown, Bad)]
    [InlineData(HealthState.Healthy, HealthState.Unknown, Unasked, Ok)]
    [InlineData(HealthState.Healthy, HealthState.Unknown)]
    public void A_single_check_with_a_threshold_of_three(HealthState current, HealthState expected, params CheckStatus[] newestFirst) =>
        Assert.Equal(expected, HealthPolicy.Judge(current, [new(3, newestFirst)]));

    [Fact]
    public void One_ill_replica_makes_the_service_unhealthy() =>
        Assert.Equal(HealthState.Unhealthy, HealthPolicy.Judge(HealthState.Healthy, [new(2, [Ok]), new(2, [Bad, Bad])]));

    [Fact]
    public void It_is_healthy_again_only_when_every_check_passes() =>
        Assert.Equal(HealthState.Unhealthy, HealthPolicy.Judge(HealthState.Unhealthy, [new(2, [Ok]), new(2, [Bad, Ok])]));
}
