using Kyozo.Data;
using Microsoft.AspNetCore.Http.Json;

namespace Kyozo.Worker.Api;

/// <summary>The Worker API as a whole: what every endpoint has in common.</summary>
static class WorkerApi
{
    public static IServiceCollection AddWorkerApi(this IServiceCollection services)
    {
        services.AddProblemDetails();
        services.Configure<JsonOptions>(json =>
        {
            json.SerializerOptions.PropertyNamingPolicy = KyozoJson.Compact.PropertyNamingPolicy;
            foreach (var converter in KyozoJson.Compact.Converters) json.SerializerOptions.Converters.Add(converter);
        });
        return services;
    }

    public static WebApplication MapWorkerApi(this WebApplication app)
    {
        app.UseExceptionHandler(Problems.Handle);
        app.UseStatusCodePages();
        app.UseRouting();
        app.UseMiddleware<TicketGate>();
        app.MapWorkspaces();
        app.MapOperations();
        return app;
    }
}
