using Kyozo.Data;
using Kyozo.Gateway.Counting;
using Kyozo.Gateway.Ports;
using Kyozo.Gateway.Proxy;
using Kyozo.Gateway.Routes;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using Npgsql;
using Yarp.ReverseProxy.Health;

namespace Kyozo.Gateway;

/// <summary>What the gateway is made of, and the way of a request through it.</summary>
static class GatewaySetup
{
    public static void AddGateway(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddOptions<GatewayOptions>().BindConfiguration(GatewayOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<GatewayOptions>, GatewayOptionsValidator>();
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(KyozoHome.FromEnvironment());

        services.AddSingleton(_ => Database(builder.Configuration.GetConnectionString("kyozodb")
            ?? throw new InvalidOperationException("ConnectionStrings:kyozodb is missing: the connection string of the role kyozo_gateway.")));
        builder.AddDatabaseDefaults(whenUnreachable: HealthStatus.Degraded);

        var health = new HealthAddress(new Uri(builder.WebHost.GetSetting(WebHostDefaults.ServerUrlsKey)?.Split(';')[0] ?? GatewayOptions.DefaultHealthAddress));
        var endpoints = new PortEndpoints(health.Address.GetLeftPart(UriPartial.Authority));
        ((IConfigurationBuilder)builder.Configuration).Add(endpoints);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            // How large a request may be is the service's own business.
            kestrel.Limits.MaxRequestBodySize = null;
        });
        services.AddSingleton(health);
        services.AddSingleton(endpoints);
        services.AddSingleton<PortBinder>();

        // YARP asks for it (sticky sessions, not used here); without this it would leave a key ring in the user's home.
        services.AddDataProtection().UseEphemeralDataProtectionProvider();
        services.AddReverseProxy().LoadFromMemory(ProxyConfig.Routes, ProxyConfig.NoClusters);
        services.AddSingleton<IPassiveHealthCheckPolicy, DeadReplicaPolicy>();
        services.AddSingleton<ProxyConfig>();
        services.AddSingleton<CurrentRoutes>();
        services.AddSingleton<RouteFile>();
        services.AddSingleton<RequestCounts>();
        services.AddSingleton<CountWriter>();
        services.AddHostedService<RouteLoop>();
    }

    public static void UseGateway(this WebApplication app)
    {
        var health = app.Services.GetRequiredService<HealthAddress>().Address.Port;
        app.MapWhen(context => context.Connection.LocalPort == health, own => own
            .UseHealthChecks("/health")
            .UseHealthChecks("/alive", new HealthCheckOptions { Predicate = check => check.Tags.Contains("live") })
            .Run(Notice.NobodyHereAsync));
        app.MapReverseProxy(proxy =>
        {
            proxy.UseMiddleware<PortRouting>();
            proxy.UseLoadBalancing();
            proxy.UsePassiveHealthChecks();
        });
    }

    static NpgsqlDataSource Database(string connectionString) => NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(connectionString)
    {
        ApplicationName = "kyozo-gateway",
        // The gateway goes on without its database, so it gives up soon.
        Timeout = 5,
        CommandTimeout = 5,
        KeepAlive = 10,
        MaxPoolSize = 4,
    });

    sealed record HealthAddress(Uri Address);
}
