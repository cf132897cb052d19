using System.CommandLine;
using System.Globalization;

namespace Kyozo.Cli.Commands;

/// <summary>Options and arguments that several commands have, with the same words in each.</summary>
static class SharedOptions
{
    public static Option<string> Team() => new("--team") { Description = "Slug of the team to act in.", DefaultValueFactory = _ => "default" };

    public static Argument<string> Service() => new("SERVICE") { Description = "Name of the service, or workspace/name." };

    public static Option<bool> Detach() => new("--detach") { Description = "Return at once instead of following the deployment." };

    public static Option<bool> Yes() => new("--yes") { Description = "Do it without asking." };

    /// <summary>A duration as people write it: <c>500ms</c>, <c>90s</c>, <c>30m</c>, <c>2h</c>.</summary>
    public static Option<TimeSpan?> StatementTimeout() => new("--statement-timeout")
    {
        Description = "How long one statement may run, waiting for locks included: 90s, 30m, 2h; no limit without it.",
        CustomParser = argument =>
        {
            var text = argument.Tokens.Single().Value;
            var number = text.TrimEnd("hms".ToCharArray());
            var unit = text[number.Length..] switch { "ms" => 1, "s" or "" => 1000, "m" => 60_000, "h" => 3_600_000, _ => 0 };
            if (unit > 0 && int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count > 0) return TimeSpan.FromMilliseconds((double)count * unit);
            argument.AddError($"'{text}' is no duration. Good ones: 500ms, 90s, 30m, 2h.");
            return null;
        },
    };
}
