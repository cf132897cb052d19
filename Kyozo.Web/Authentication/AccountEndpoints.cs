using Kyozo.Web.Authorization;
using Microsoft.AspNetCore.Mvc;

namespace Kyozo.Web.Authentication;

/// <summary>What sets or removes cookies outside a circuit. All are forms with an antiforgery token; none answers GET.</summary>
public static class AccountEndpoints
{
    public static void MapAccount(this IEndpointRouteBuilder routes)
    {
        var account = routes.MapGroup("/account").RequireAuthorization();
        account.MapPost("/logout", async (SignIn signIn, [FromForm(Name = "everywhere")] string? everywhere, CancellationToken cancellationToken) =>
        {
            await signIn.OutAsync(everywhere is not null, cancellationToken);
            return TypedResults.LocalRedirect("/account/login");
        });
        account.MapPost("/team", (HttpContext http, [FromForm(Name = "team")] Guid team) =>
        {
            // Only a wish: whether the person belongs to it is looked up with every operation.
            http.Response.Cookies.Append(Preferences.TeamCookie, team.ToString(), new CookieOptions
            {
                HttpOnly = true,
                SameSite = SameSiteMode.Lax,
                Secure = http.Request.IsHttps,
                IsEssential = true,
                MaxAge = TimeSpan.FromDays(365),
            });
            return TypedResults.LocalRedirect("/");
        });
    }
}
