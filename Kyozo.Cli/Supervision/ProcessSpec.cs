namespace Kyozo.Cli.Supervision;

/// <summary>A process that is to run. Two equal specs are the same process; a changed one is a restart.</summary>
sealed record ProcessSpec
{
    /// <summary>Short name, also of its log: <c>worker</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Absolute path, or a name to be found on PATH.</summary>
    public required string Program { get; init; }

    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>Variables it gets beside the supervisor's own.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>True: it gets <see cref="Environment"/> alone.</summary>
    public bool CleanEnvironment { get; init; }

    public string? WorkingDirectory { get; init; }

    /// <summary>How it is asked to end.</summary>
    public StopSignal Stop { get; init; } = StopSignal.Terminate;

    /// <summary>How long it may take to end before it is killed.</summary>
    public TimeSpan StopGrace { get; init; } = TimeSpan.FromSeconds(15);

    public bool IsSameAs(ProcessSpec other) =>
        this with { Arguments = [], Environment = Empty } == other with { Arguments = [], Environment = Empty }
        && Arguments.SequenceEqual(other.Arguments)
        && Environment.Count == other.Environment.Count
        && Environment.All(pair => other.Environment.TryGetValue(pair.Key, out var value) && value == pair.Value);

    static readonly Dictionary<string, string> Empty = [];
}

/// <summary>Signal by which a process is asked to end.</summary>
enum StopSignal
{
    /// <summary>SIGTERM.</summary>
    Terminate,
    /// <summary>SIGINT: PostgreSQL's fast shutdown (SIGTERM waits for every client).</summary>
    Interrupt,
}
