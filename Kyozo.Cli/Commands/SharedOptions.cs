using System.CommandLine;

namespace Kyozo.Cli.Commands;

/// <summary>Options and arguments that several commands have, with the same words in each.</summary>
static class SharedOptions
{
    public static Option<string> Team() => new("--team") { Description = "Slug of the team to act in.", DefaultValueFactory = _ => "default" };

    public static Argument<string> Service() => new("SERVICE") { Description = "Name of the service, or workspace/name." };

    public static Option<bool> Detach() => new("--detach") { Description = "Return at once instead of following the deployment." };
}
