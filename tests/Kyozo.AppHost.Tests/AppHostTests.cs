using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Kyozo.AppHost.Tests;

/// <summary>What can be asked of the app model without starting it (no orchestrator, no containers).</summary>
public sealed class AppHostTests
{
    static readonly string[] PublishManifest =
        ["--operation", "publish", "--step", "publish-manifest", "--output-path", Path.Combine(Path.GetTempPath(), "kyozo-manifest.json")];

    [Fact]
    public async Task Portal_waits_for_the_migrations_and_the_worker()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.Kyozo_AppHost>(cancellation);
        await using var app = await builder.BuildAsync(cancellation);

        var portal = builder.Resources.OfType<ProjectResource>().Single(resource => resource.Name == "portal");
        var waits = portal.Annotations.OfType<WaitAnnotation>().ToDictionary(wait => wait.Resource.Name, wait => wait.WaitType);

        Assert.Equal(WaitType.WaitForCompletion, waits["migrations"]);
        Assert.Equal(WaitType.WaitUntilHealthy, waits["worker"]);
    }

    [Fact]
    public async Task Portal_signs_in_as_its_own_role_and_knows_the_worker()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.Kyozo_AppHost>(PublishManifest, cancellation);
        await using var app = await builder.BuildAsync(cancellation);

        var portal = builder.Resources.OfType<ProjectResource>().Single(resource => resource.Name == "portal");
        var configuration = await ExecutionConfigurationBuilder.Create(portal).WithEnvironmentVariablesConfig()
            .BuildAsync(app.Services.GetRequiredService<DistributedApplicationExecutionContext>(), cancellationToken: cancellation);
        var environment = configuration.EnvironmentVariables.ToDictionary();

        Assert.Contains("Username=kyozo_portal;Password={portal-password.value}", environment["ConnectionStrings__kyozodb"]);
        Assert.Contains("services__worker__http__0", environment.Keys);
    }
}
