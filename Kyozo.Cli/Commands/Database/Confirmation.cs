namespace Kyozo.Cli.Commands.Database;

/// <summary>Asks before something is lost. A terminal is asked; without one only <c>--yes</c> counts, so that no script answers by accident.</summary>
static class Confirmation
{
    /// <param name="yes">True when <c>--yes</c> was given.</param>
    /// <param name="question">What will happen.</param>
    /// <exception cref="CommandException">There is nobody to ask.</exception>
    public static bool Ask(bool yes, string question)
    {
        if (yes) return true;
        if (Console.IsInputRedirected || Console.IsOutputRedirected) throw new CommandException($"{question} There is no terminal to ask on. If that is wanted: --yes");
        Console.Write($"{question} [y/N] ");
        return Console.ReadLine()?.Trim().ToUpperInvariant() is "Y" or "YES";
    }
}
