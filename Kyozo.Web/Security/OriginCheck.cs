namespace Kyozo.Web.Security;

/// <summary>
/// The hub takes messages only from our own pages: a page elsewhere can open a WebSocket here and the browser adds the cookie (SAFETY A-67).
/// Browsers send Origin with every upgrade and every POST; what sends none is no browser and holds no cookie of one.
/// </summary>
public static class OriginCheck
{
    public static IApplicationBuilder UseOriginCheck(this IApplicationBuilder app) => app.Use((http, next) =>
    {
        if (!http.Request.Path.StartsWithSegments("/_blazor") || IsOurs(http.Request)) return next(http);
        http.Response.StatusCode = StatusCodes.Status403Forbidden;
        return Task.CompletedTask;
    });

    static bool IsOurs(HttpRequest request) => request.Headers.Origin is not [{ Length: > 0 } origin]
        || Uri.TryCreate(origin, UriKind.Absolute, out var from) && from.Scheme == request.Scheme && from.Authority == new Uri($"{request.Scheme}://{request.Host}").Authority;
}
