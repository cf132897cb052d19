using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace Microsoft.Extensions.Hosting;

/// <summary>What <c>Aspire.Npgsql.EntityFrameworkCore.PostgreSQL</c> registers beside the context, wired by hand so that it works without the Aspire packages (ADR-004).</summary>
public static class DatabaseExtensions
{
    static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    /// <summary>Health check <c>kyozodb</c>, tracing and metrics of the registered <see cref="NpgsqlDataSource"/>; the integration's own configuration section switches each off.</summary>
    /// <param name="builder">The process.</param>
    /// <param name="whenUnreachable">How ill the process is without its database: the gateway goes on serving and is only degraded.</param>
    public static TBuilder AddDatabaseDefaults<TBuilder>(this TBuilder builder, HealthStatus whenUnreachable = HealthStatus.Unhealthy)
        where TBuilder : IHostApplicationBuilder
    {
        var section = builder.Configuration.GetSection("Aspire:Npgsql:EntityFrameworkCore:PostgreSQL");
        if (!section.GetValue<bool>("DisableHealthChecks"))
        {
            builder.Services.AddHealthChecks().Add(new HealthCheckRegistration(
                "kyozodb", services => new Check(services.GetRequiredService<NpgsqlDataSource>()), whenUnreachable, tags: null, Timeout));
        }

        if (!section.GetValue<bool>("DisableTracing")) builder.Services.AddOpenTelemetry().WithTracing(tracing => tracing.AddNpgsql());
        if (!section.GetValue<bool>("DisableMetrics")) builder.Services.AddOpenTelemetry().WithMetrics(metrics => metrics.AddMeter("Npgsql"));
        return builder;
    }

    sealed class Check(NpgsqlDataSource database) : IHealthCheck
    {
        public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken)
        {
            try
            {
                await using var command = database.CreateCommand("SELECT 1");
                await command.ExecuteScalarAsync(cancellationToken);
                return HealthCheckResult.Healthy();
            }
            catch (NpgsqlException e)
            {
                return new(context.Registration.FailureStatus, $"The database does not answer: {e.Message}");
            }
        }
    }
}
