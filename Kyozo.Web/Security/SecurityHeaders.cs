namespace Kyozo.Web.Security;

/// <summary>What every answer tells the browser: nothing from elsewhere, no frames, no guessing (SAFETY §6).</summary>
public static class SecurityHeaders
{
    public static IApplicationBuilder UseSecurityHeaders(this IApplicationBuilder app) => app.Use((http, next) =>
    {
        var headers = http.Response.Headers;
        // MudBlazor positions its popovers with inline styles; scripts are files, never inline.
        headers.ContentSecurityPolicy = string.Join("; ",
            "default-src 'self'", "script-src 'self'", "style-src 'self' 'unsafe-inline'", "img-src 'self' data:", "font-src 'self'",
            $"connect-src 'self' ws://{http.Request.Host} wss://{http.Request.Host}", "object-src 'none'", "base-uri 'self'", "form-action 'self'", "frame-ancestors 'none'");
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=(), payment=(), usb=()";
        return next(http);
    });
}
