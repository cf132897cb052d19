namespace Kyozo.Cli;

/// <summary>Ends a command with a message for people: what is wrong with what, and the way out. No stack trace.</summary>
sealed class CommandException(string message, int exitCode = 1, Exception? inner = null) : Exception(message, inner)
{
    public int ExitCode { get; } = exitCode;
}
