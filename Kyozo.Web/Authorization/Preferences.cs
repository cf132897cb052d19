namespace Kyozo.Web.Authorization;

/// <summary>What the browser's cookies say about how this person likes the portal; read once per page load and handed to the circuit.</summary>
/// <param name="Team">The team last chosen, or null.</param>
/// <param name="Theme"><c>light</c>, <c>dark</c> or <c>system</c>.</param>
/// <param name="IsDark">What that comes to in this browser.</param>
/// <param name="NarrowNavigation">Icons only.</param>
public sealed record Preferences(Guid? Team, string Theme, bool IsDark, bool NarrowNavigation)
{
    public const string TeamCookie = "kyozo-team", ThemeCookie = "kyozo-theme", SchemeCookie = "kyozo-scheme", NavigationCookie = "kyozo-nav";

    public static Preferences From(HttpRequest request)
    {
        var theme = request.Cookies[ThemeCookie] is "light" or "dark" ? request.Cookies[ThemeCookie]! : "system";
        return new(
            Guid.TryParse(request.Cookies[TeamCookie], out var team) ? team : null,
            theme,
            theme == "dark" || theme == "system" && request.Cookies[SchemeCookie] == "dark",
            request.Cookies[NavigationCookie] == "narrow");
    }
}
