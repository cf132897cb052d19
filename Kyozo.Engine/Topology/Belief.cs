using Kyozo.Data.Topology;

namespace Kyozo.Engine.Topology;

/// <summary>
/// The one place where evidence becomes a score. Weights say how often a signal alone is right; independent signals leave the doubt
/// <c>(1 - w₁)(1 - w₂)…</c>, and a signal that speaks against (negative weight) takes its share of what is believed.
/// </summary>
static class Belief
{
    /// <summary>Orchestration files state what runs: names, edges and ports are theirs.</summary>
    public const double Stated = 0.97;

    /// <summary>A Helm chart states it, read with its own values: who installs the chart may set others.</summary>
    public const double Charted = 0.92;

    /// <summary>A manifest of a program with a command that starts it.</summary>
    public const double StartCommand = 0.85;

    /// <summary>A process that a Procfile names beside the first.</summary>
    public const double NamedProcess = 0.9;

    /// <summary>A script or a Dockerfile beside the main one is named after work: somebody runs it as a process of its own, if not always.</summary>
    public const double WorkerBeside = 0.82;

    /// <summary>A Dockerfile of its own: somebody runs it as a container already.</summary>
    public const double Dockerfile = 0.88;

    /// <summary>A manifest that only programs have (go.mod with a main package, a web project file).</summary>
    public const double ProgramManifest = 0.9;

    /// <summary>A manifest that names the kind of program in so many words (web SDK, worker SDK).</summary>
    public const double WebProject = 0.95;

    /// <summary>A manifest that programs and libraries have alike.</summary>
    public const double Manifest = 0.7;

    /// <summary>A file whose name says that it is the program (main.py, index.php).</summary>
    public const double EntryFile = 0.75;

    /// <summary>A dependency or configuration of a server framework.</summary>
    public const double Framework = 0.75;

    /// <summary>The program text opens a listening socket.</summary>
    public const double Listens = 0.6;

    /// <summary>A small sign: a health route, a lock file, a tool's configuration.</summary>
    public const double Sign = 0.25;

    /// <summary>A program without a port that is told by variables what to do: a worker.</summary>
    public const double Configured = 0.3;

    /// <summary>A page that a browser opens, and nothing else that would run.</summary>
    public const double IndexPage = 0.8;

    /// <summary>A client library of a backing service among the dependencies.</summary>
    public const double ClientLibrary = 0.8;

    /// <summary>A client library that other libraries bring along as often as it is used.</summary>
    public const double WeakLibrary = 0.3;

    /// <summary>A configuration names the backing service: connection string, adapter, provider.</summary>
    public const double Configuration = 0.85;

    /// <summary>The program reads the variable that carries the address.</summary>
    public const double ReadsVariable = 0.7;

    /// <summary>The framework reads that variable without being told.</summary>
    public const double Convention = 0.4;

    /// <summary>The name of a variable is the name of a service.</summary>
    public const double VariableNamesService = 0.75;

    /// <summary>An address's host is the name of a service.</summary>
    public const double HostNamesService = 0.85;

    /// <summary>An address's port is the port of exactly one service.</summary>
    public const double PortOfService = 0.5;

    /// <summary>Only the extensions of its files say what a folder is; times the share of the language among them.</summary>
    public const double FileMix = 0.55;

    /// <summary>The folder that somebody asked about: people name folders that have something to run in them.</summary>
    public const double AskedFor = 0.5;

    /// <summary>Most program files of the folder are in another language.</summary>
    public const double OtherFiles = -0.2;

    /// <summary>Two findings of the same weight contradict each other (a Dockerfile of another language than the manifest).</summary>
    public const double Contradiction = -0.25;

    /// <summary>Nothing in the folder says how it is started.</summary>
    public const double NoStart = -0.5;

    /// <summary>The folder is for examples, tests or documentation of the rest.</summary>
    public const double BesideTheProduct = -0.6;

    /// <summary>An orchestration file names the services, and this is none of them.</summary>
    public const double NotStated = -0.7;

    const double Ceiling = 0.99;

    /// <summary>The score of some evidence, 0..0.99, in hundredths.</summary>
    public static double Of(IEnumerable<Evidence> evidence)
    {
        double doubt = 1, against = 1;
        foreach (var one in evidence)
        {
            if (one.Weight >= 0) doubt *= 1 - one.Weight;
            else against *= 1 + one.Weight;
        }
        return Math.Round(Math.Min((1 - doubt) * against, Ceiling), 2, MidpointRounding.AwayFromZero);
    }
}
