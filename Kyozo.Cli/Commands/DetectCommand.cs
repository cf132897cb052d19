using System.CommandLine;

namespace Kyozo.Cli.Commands;

/// <summary><c>kyozo detect FOLDER [--json]</c>: what a folder holds; needs no server and no database.</summary>
static class DetectCommand
{
    public static Command Create() => new("detect", "Show which services a folder holds, how sure that is, and why.");
}
