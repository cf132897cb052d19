using Kyozo.Cli.Output;
using Kyozo.Data.Schema;
using Kyozo.Data.Schema.Preflight;

namespace Kyozo.Cli.Installation;

/// <summary>Brings the schema up to date for <c>kyozo up</c>, which nobody watches: what a person would be warned of before <c>kyozo db migrate</c> and what keeps it waiting stops it here.</summary>
sealed class SchemaUpdate(string administrator, IReadOnlyDictionary<string, string> passwords, TimeProvider clock, ProgressLines progress)
{
    /// <exception cref="CommandException">Something stands in the way; nothing was changed.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        // What takes its time is said; each of many quick steps is not.
        var migrator = new Migrator(administrator, passwords, clock, line =>
        {
            if (!line.StartsWith("applying", StringComparison.Ordinal) && !line.StartsWith("made", StringComparison.Ordinal)) progress.Say(line);
        });
        try
        {
            // Most starts find nothing to apply, and ask nothing further.
            if ((await migrator.ReadStatusAsync(cancellationToken)).Any(state => !state.Applied)) await CheckAsync(cancellationToken);
            var applied = await migrator.MigrateAsync(to: null, cancellationToken);
            if (applied.Count > 0) progress.Say($"Applied {applied.Count} migrations");
        }
        catch (SchemaException e)
        {
            throw new CommandException(e.Message, inner: e);
        }
    }

    async Task CheckAsync(CancellationToken cancellationToken)
    {
        var obstacles = await new PreflightReader(administrator, clock).FindObstaclesAsync(cancellationToken);
        if (obstacles.Count == 0) return;
        var lines = obstacles.SelectMany(line => (string[])[$"  {line.Check}: {line.What}", .. line.WayOut is null ? [] : new[] { $"    → {line.WayOut}" }]);
        throw new CommandException(
            $"The database needs a migration that cannot be run now; nothing was changed.\n{string.Join('\n', lines)}\nThen again: kyozo up   (everything that was looked at: kyozo db preflight; in spite of it: kyozo db migrate --force)");
    }
}
