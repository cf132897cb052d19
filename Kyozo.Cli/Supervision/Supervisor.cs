using Kyozo.Data;

namespace Kyozo.Cli.Supervision;

/// <summary>
/// Keeps running what <c>run/processes.json</c> wants, in its order, and ends what left it, the last first. Only one lives in a home.
/// It ends itself when the file wants nothing, or when it is asked to (SIGTERM).
/// </summary>
sealed class Supervisor(KyozoHome home, TimeProvider clock)
{
    static readonly TimeSpan Turn = TimeSpan.FromMilliseconds(200);

    readonly RunFiles _files = new(home);
    readonly List<SupervisedProcess> _running = [];
    DateTime _followed;
    volatile bool _changed = true;

    /// <summary>Runs until nothing is wanted any more.</summary>
    /// <returns>False when another supervisor holds this home.</returns>
    public async Task<bool> RunAsync(CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(home.Run);
        using var only = TryLock();
        if (only is null) return false;

        await EndLeftoversAsync();
        while (!cancellationToken.IsCancellationRequested)
        {
            if (_files.WantedVersion is var version && version != _followed)
            {
                if (!await FollowAsync(_files.ReadWanted())) break;
                _followed = version;
                _changed = true;
            }

            if (_changed) WriteState();
            await Task.Delay(Turn, clock, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await FollowAsync([]);
        return true;
    }

    async Task<bool> FollowAsync(IReadOnlyList<ProcessSpec> wanted)
    {
        foreach (var process in _running.Where(process => !wanted.Any(process.Spec.IsSameAs)).Reverse().ToList())
        {
            await process.DisposeAsync();
            _running.Remove(process);
            WriteState();
        }

        foreach (var spec in wanted.Where(spec => !_running.Exists(process => process.Spec.IsSameAs(spec))))
        {
            var process = new SupervisedProcess(spec, home.Logs, clock, () => _changed = true);
            _running.Add(process);
            process.Start();
        }

        // Kept in the wanted order, so that the end is its reverse.
        var order = wanted.Select(spec => spec.Name).ToList();
        _running.Sort((left, right) => order.IndexOf(left.Spec.Name).CompareTo(order.IndexOf(right.Spec.Name)));
        WriteState();
        return _running.Count > 0;
    }

    void WriteState()
    {
        _changed = false;
        _files.WriteState(new(ProcessIdentity.Current, [.. _running.Select(process => process.State)], _followed));
    }

    // A supervisor that was killed left its processes behind, with nobody to read their output.
    async Task EndLeftoversAsync()
    {
        var left = (_files.ReadState()?.Processes ?? []).Reverse().Select(process => process.Process).OfType<ProcessIdentity>();
        foreach (var process in left) await ProcessEnd.OfAsync(process, StopSignal.Interrupt, TimeSpan.FromSeconds(30), clock);
    }

    FileStream? TryLock()
    {
        try
        {
            return new FileStream(_files.Lock, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            return null;
        }
    }
}
