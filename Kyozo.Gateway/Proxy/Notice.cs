using System.Net;
using System.Net.Mime;

namespace Kyozo.Gateway.Proxy;

/// <summary>What a visitor reads when the service itself cannot answer: a small page for browsers, one line for everything else.</summary>
static class Notice
{
    public static Task NotRunningAsync(HttpContext context, string service)
    {
        context.Response.Headers.RetryAfter = "5";
        return WriteAsync(context, StatusCodes.Status503ServiceUnavailable, $"{service} is not running", "No replica of this service is in service right now: it is stopped, starting, or unhealthy. Try again in a moment.");
    }

    public static Task NoAnswerAsync(HttpContext context, string service) =>
        WriteAsync(context, StatusCodes.Status502BadGateway, $"{service} did not answer", "The service is running but did not answer this request. Try again in a moment.");

    public static Task NobodyHereAsync(HttpContext context) =>
        WriteAsync(context, StatusCodes.Status404NotFound, "No service here", "This port belongs to no service any more.");

    static Task WriteAsync(HttpContext context, int status, string title, string text)
    {
        var response = context.Response;
        response.StatusCode = status;
        response.Headers.CacheControl = "no-store";
        if (!context.Request.Headers.Accept.ToString().Contains(MediaTypeNames.Text.Html, StringComparison.OrdinalIgnoreCase))
        {
            response.ContentType = "text/plain; charset=utf-8";
            return response.WriteAsync($"{title}. {text}\n", context.RequestAborted);
        }

        response.ContentType = "text/html; charset=utf-8";
        return response.WriteAsync(
            $$"""
            <!doctype html>
            <html lang="en">
            <head>
              <meta charset="utf-8">
              <meta name="viewport" content="width=device-width">
              <title>{{WebUtility.HtmlEncode(title)}}</title>
              <style>
                :root { color-scheme: light dark; font-family: system-ui, sans-serif; }
                body { display: grid; place-content: center; min-height: 90vh; padding: 1rem; }
                main { max-width: 32rem; }
                small { opacity: .7; }
              </style>
            </head>
            <body>
              <main>
                <h1>{{WebUtility.HtmlEncode(title)}}</h1>
                <p>{{WebUtility.HtmlEncode(text)}}</p>
                <small>{{status}} · Kyozo gateway</small>
              </main>
            </body>
            </html>
            """, context.RequestAborted);
    }
}
