using Kyozo.Data.Health;
using Kyozo.Data.ServiceInstances;
using Kyozo.Web.Components.Pages.ServiceInstances;
using Kyozo.Web.Components.Shared;
using Kyozo.Web.Live;

namespace Kyozo.Web.Tests.Components;

public sealed class FormsAndWordsTests
{
    [Theory]
    [InlineData(0.45, "450 ms")]
    [InlineData(7.25, "7.3 s")]
    [InlineData(42, "42 s")]
    [InlineData(192, "3 min 12 s")]
    [InlineData(7200, "2 h")]
    [InlineData(187200, "2 d 4 h")]
    public void Durations_are_said_as_people_say_them(double seconds, string said) => Assert.Equal(said, Say.Duration(TimeSpan.FromSeconds(seconds)));

    [Theory]
    [InlineData(2, "just now")]
    [InlineData(12, "12 s ago")]
    [InlineData(240, "4 min ago")]
    [InlineData(-240, "in 4 min")]
    [InlineData(200000, "2 d ago")]
    public void Moments_are_said_from_now(double secondsAgo, string said) =>
        Assert.Equal(said, Say.Ago(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddSeconds(secondsAgo)));

    [Fact]
    public void Sizes_carry_binary_units() => Assert.Equal(["512 B", "1.5 KiB", "256 MiB", "8 GiB"], ((double[])[512, 1536, 256L << 20, 8L << 30]).Select(Say.Bytes));

    [Fact]
    public void Every_state_has_a_word_and_an_icon()
    {
        var looks = Enum.GetValues<ServiceStatus>().Select(Look.Of).Concat(Enum.GetValues<HealthState>().Select(Look.Of)).Concat(Enum.GetValues<CheckStatus>().Select(Look.Of))
            .Concat(Enum.GetValues<Data.Deployments.DeploymentStatus>().Select(Look.Of)).Concat(Enum.GetValues<Data.Deployments.StepStatus>().Select(Look.Of));

        Assert.All(looks, look => Assert.True(look.Word.Length > 0 && look.Icon.Length > 0));
    }

    [Fact]
    public void Empty_limits_mean_the_level_above() => Assert.Equal(new ResourceLimits(), LimitsForm.Of(new()).ToLimits());

    [Fact]
    public void Limits_survive_the_form()
    {
        var limits = new ResourceLimits { CpuCores = 0.25, MemoryBytes = 256L << 20, StorageBytes = 1L << 30, Pids = 64 };
        Assert.Equal(limits, LimitsForm.Of(limits).ToLimits());
    }

    [Theory]
    [InlineData("0.01")]
    [InlineData("1,000")]
    [InlineData("lots")]
    [InlineData("NaN")]
    public void A_limit_that_cannot_be_is_named(string cpu) =>
        Assert.Contains(cpu, Assert.Throws<RefusedException>(() => new LimitsForm(cpu, "", "", "").ToLimits()).Message, StringComparison.Ordinal);

    [Fact]
    public void A_variable_s_name_is_checked()
    {
        var settings = new ServiceSettings(Guid.Empty, 1, default, new(), new(), []);
        var form = ServiceForm.Of(settings) with { Variables = [new(0, "1BAD", "x")] };

        Assert.Throws<RefusedException>(() => form.Over(settings));
    }

    [Fact]
    public void A_variable_may_hold_in_one_environment_alone()
    {
        var settings = new ServiceSettings(Guid.Empty, 1, default, new(), new(), []);
        var form = ServiceForm.Of(settings) with { Variables = [new(0, "DEBUG", "no"), new(1, "DEBUG", "yes", "staging"), new(2, "PAYMENTS", "live", "production")] };

        var (config, _) = form.Over(settings);

        Assert.Equal(new Dictionary<string, string> { ["DEBUG"] = "no", ["PAYMENTS"] = "live" }, config.VariablesIn("production"));
        Assert.Equal(new Dictionary<string, string> { ["DEBUG"] = "yes" }, config.VariablesIn("staging"));
        Assert.Equal(["DEBUG", "DEBUG (staging)", "PAYMENTS (production)"], ServiceForm.Of(settings with { Config = config }).Variables.Select(variable => variable.Label));
        Assert.Throws<RefusedException>(() => (form with { Variables = [.. form.Variables, new(3, "DEBUG", "again", "staging")] }).Over(settings));
    }

    [Fact]
    public void Saving_what_was_not_changed_changes_nothing()
    {
        var settings = new ServiceSettings(Guid.Empty, 1, default, new() { Environment = new Dictionary<string, string> { ["A"] = "b" }, HealthChecks = [] }, new(), []);
        var (config, limits) = ServiceForm.Of(settings).Over(settings);

        Assert.Equal(settings.Config.Environment, config.Environment);
        Assert.Empty(config.HealthChecks);
        Assert.Equal(settings.Limits, limits);
    }
}
