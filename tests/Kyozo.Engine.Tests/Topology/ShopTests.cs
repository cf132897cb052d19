using Kyozo.Data.Topology;

namespace Kyozo.Engine.Tests.Topology;

public sealed class ShopTests
{
    static Task<FolderTopology> ShopAsync() => Samples.DetectAsync(Path.Combine(Samples.Repository, "samples", "shop"));

    [Fact]
    public async Task Shop_has_six_services_sure_enough_to_be_deployed_unattended()
    {
        var shop = await ShopAsync();

        Assert.Equal(
            ["api nodejs 4000", "postgres postgres 5432", "prices python 8000", "redis redis 6379", "web nodejs 3000", "worker nodejs "],
            shop.Services.Select(service => $"{service.Name} {service.Type.Word()} {service.Port}").Order(StringComparer.Ordinal));
        Assert.All(shop.Services, service => Assert.True(service.Confidence >= 0.8, $"{service.Name} {service.Confidence}"));
        Assert.Equal(DeploymentStrategy.MultiContainer, shop.Strategy);
    }

    [Fact]
    public async Task Shop_has_exactly_its_six_edges_each_with_the_variable_the_code_reads()
    {
        var shop = await ShopAsync();

        Assert.Equal(
        [
            "api → postgres DATABASE_URL=postgres://{user}:{password}@{host}:{port}/{database}",
            "api → prices PRICES_URL=http://{host}:{port}",
            "api → redis REDIS_URL=redis://:{password}@{host}:{port}",
            "web → api API_URL=http://{host}:{port}",
            "worker → postgres DATABASE_URL=postgres://{user}:{password}@{host}:{port}/{database}",
            "worker → redis REDIS_URL=redis://:{password}@{host}:{port}",
        ], shop.Dependencies.Select(edge => $"{edge.From} → {edge.To} {edge.EnvVariable}={edge.ConnectionTemplate}"));
        Assert.All(shop.Dependencies, edge => Assert.True(edge.Confidence >= 0.8 && edge.Evidence.Count > 0));
    }

    [Fact]
    public async Task Http_services_of_the_shop_tell_where_they_are_well()
    {
        var shop = await ShopAsync();

        Assert.All(shop.Services.Where(service => service.Name is "web" or "api" or "prices"), service => Assert.Equal("/health", service.HealthPath));
    }
}
