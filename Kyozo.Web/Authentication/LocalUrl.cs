namespace Kyozo.Web.Authentication;

/// <summary>Where a sign-in may lead: into this portal and nowhere else (SAFETY A-70).</summary>
public static class LocalUrl
{
    public static string OrHome(string? url) => IsLocal(url) ? url! : "/";

    /// <summary>True for <c>/path</c>; not for <c>//host</c>, <c>/\host</c>, <c>https:host</c> or anything with a control character, which browsers drop.</summary>
    public static bool IsLocal(string? url) =>
        url is ['/', ..] && (url.Length == 1 || url[1] is not ('/' or '\\')) && !url.Contains('\\') && !url.Any(char.IsControl) && !Uri.UnescapeDataString(url).Any(char.IsControl);
}
