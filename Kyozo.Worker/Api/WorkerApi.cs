using System.Text.Json.Serialization;
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
            json.SerializerOptions.RespectNullableAnnotations = true;
            json.SerializerOptions.RespectRequiredConstructorParameters = true;
            json.SerializerOptions.AllowDuplicateProperties = false;
            json.SerializerOptions.UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow;
            foreach (var converter in KyozoJson.Compact.Converters) json.SerializerOptions.Converters.Add(converter);
        });
        return services.AddSingleton<LogStreams>();
    }

    public static WebApplication MapWorkerApi(this WebApplication app)
    {
        app.UseExceptionHandler(Problems.Handling);
        app.UseStatusCodePages();
        app.UseRouting();
        app.UseMiddleware<TicketGate>();
        app.MapWorkspaces();
        app.MapServices();
        app.MapOperations();
        app.MapTrail();
        return app;
    }
}
