namespace Kyozo.Architecture.Tests;

/// <summary>The arrows of docs/architecture.md: who may reference whom.</summary>
public sealed class ArrowTests
{
    [Theory]
    [InlineData("Kyozo.Data", "")]
    [InlineData("Kyozo.ServiceDefaults", "")]
    [InlineData("Kyozo.Engine", "Kyozo.Data")]
    [InlineData("Kyozo.Gateway", "Kyozo.Data,Kyozo.ServiceDefaults")]
    [InlineData("Kyozo.Web", "Kyozo.Data,Kyozo.ServiceDefaults")]
    [InlineData("Kyozo.Worker", "Kyozo.Engine,Kyozo.ServiceDefaults")]
    [InlineData("Kyozo.Cli", "Kyozo.Engine,Kyozo.ServiceDefaults")]
    [InlineData("Kyozo.AppHost", "Kyozo.Cli,Kyozo.Gateway,Kyozo.Web,Kyozo.Worker")]
    public void Project_references_exactly_what_the_arrows_say(string project, string expected)
    {
        Assert.Equal(expected.Split(',', StringSplitOptions.RemoveEmptyEntries), Repository.ReferencesOf(project));
    }

    [Fact]
    public void Only_the_engine_knows_Docker()
    {
        foreach (var project in (string[])["Kyozo.Data", "Kyozo.ServiceDefaults", "Kyozo.Gateway", "Kyozo.Web", "Kyozo.Worker", "Kyozo.Cli"])
            Assert.DoesNotContain(Repository.PackagesOf(project), package => package.StartsWith("Docker.", StringComparison.Ordinal));
        Assert.Contains("Docker.DotNet.Enhanced", Repository.PackagesOf("Kyozo.Engine"));

        var strangers = Repository.ProductSources(".cs", ".razor")
            .Where(file => !Repository.Relative(file).StartsWith("Kyozo.Engine/Containers/", StringComparison.Ordinal))
            .Where(file => File.ReadAllText(file).Contains("using Docker.DotNet", StringComparison.Ordinal))
            .Select(Repository.Relative);
        Assert.Empty(strangers);
    }

    [Fact]
    public void Nobody_but_its_tests_references_the_AppHost()
    {
        var referrers = Directory.EnumerateFiles(Repository.Root, "*.csproj", SearchOption.AllDirectories)
            .Select(Path.GetFileNameWithoutExtension).Distinct()
            .Where(project => project is not null && Repository.ReferencesOf(project).Contains("Kyozo.AppHost"));
        Assert.Equal(["Kyozo.AppHost.Tests"], referrers);
    }
}
