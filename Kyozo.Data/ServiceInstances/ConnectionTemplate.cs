using System.Text.RegularExpressions;

namespace Kyozo.Data.ServiceInstances;

/// <summary>
/// What the template of an edge may say (SAFETY A-32): text with the placeholders {host} {port} {user} {password} {database} of the service at
/// the other end and of nothing else, each filled in once and never read again; further lines are <c>NAME=template</c>.
/// </summary>
public static partial class ConnectionTemplate
{
    /// <summary>Most characters.</summary>
    public const int MaxLength = 1000;

    /// <summary>Most placeholders: keeps the value that comes out of a long password in bounds.</summary>
    public const int MaxPlaceholders = 16;

    const string Placeholder = @"\{(host|port|user|password|database)\}";

    /// <summary>The same rule as <see cref="IsValid"/>, for CHECK <c>valid_connection_template</c>.</summary>
    internal const string Check =
        $@"regexp_replace(connection_template, '{Placeholder}', '', 'g') !~ '[{{}}]' AND regexp_count(connection_template, '{Placeholder}') <= 16"
        + @" AND connection_template !~ '[\x01-\x09\x0b-\x1f]' AND connection_template !~ '\n(?![A-Za-z_][A-Za-z0-9_]{0,127}=)'";

    /// <summary>True when a template can be stored.</summary>
    public static bool IsValid(string template) =>
        template.Length <= MaxLength
        && Placeholders().Count(template) <= MaxPlaceholders
        && !Placeholders().Replace(template, "").AsSpan().ContainsAny('{', '}')
        && !template.Any(c => c < ' ' && c != '\n')
        && !StrayLine().IsMatch(template);

    [GeneratedRegex(Placeholder)]
    private static partial Regex Placeholders();

    [GeneratedRegex(@"\n(?![A-Za-z_][A-Za-z0-9_]{0,127}=)")]
    private static partial Regex StrayLine();
}
