using Kyozo.Data.Topology;
using Kyozo.Engine.Folders;

namespace Kyozo.Engine.Topology;

/// <summary>Finds the services of one technology in a folder. Looks at names and texts of the snapshot only.</summary>
interface IServiceDetector
{
    /// <summary>What this folder might be; nothing when the technology is not there.</summary>
    IEnumerable<Candidate> Detect(Folder folder);
}

/// <summary>A service in the making. Detectors fill it, later steps add to it, <see cref="ServiceFinish"/> turns it into a <see cref="DetectedService"/>.</summary>
sealed class Candidate(Folder folder, ServiceType type, int rank)
{
    /// <summary>Its folder.</summary>
    public Folder Folder { get; } = folder;

    public ServiceType Type { get; set; } = type;

    /// <summary>How specific its technology is: where two claim the same folder the higher one is the service and the other an alternative.</summary>
    public int Rank { get; set; } = rank;

    /// <summary>A name that is stated somewhere; else the folder's.</summary>
    public string? Name { get; set; }

    public string? Framework { get; set; }
    public string? Version { get; set; }
    public int? Port { get; set; }
    public string? PackageManager { get; set; }
    public string? InstallCommand { get; set; }
    public string? BuildCommand { get; set; }
    public string? StartCommand { get; set; }

    /// <summary>What stands behind the start command where that only names a script (<c>npm start</c>): looked at for a port.</summary>
    public string? StartText { get; set; }

    public string? HealthPath { get; set; }
    public string? OutputPath { get; set; }
    public string? Dockerfile { get; set; }
    public string? Image { get; set; }

    /// <summary>How it is to be run, when an orchestration file says so.</summary>
    public StatedConfig? Stated { get; set; }

    /// <summary>True when it serves on a port, false when it surely does not, null when the program text decides.</summary>
    public bool? Listens { get; set; }

    /// <summary>A library or tool: looked at for what it brings to others, never run by itself.</summary>
    public bool IsLibrary { get; set; }

    /// <summary>What it is when it is a program, but none that anybody deploys.</summary>
    public string? NotDeployed { get; set; }

    /// <summary>Stated by an orchestration file: always kept.</summary>
    public bool IsStated { get; set; }

    /// <summary>Runs at times, not all the time: a cron job.</summary>
    public bool IsScheduled { get; set; }

    /// <summary>A second process of the same folder (worker beside web).</summary>
    public bool IsSecondProcess { get; set; }

    /// <summary>Ports that count as its default when the code says nothing.</summary>
    public int? DefaultPort { get; set; }

    /// <summary>Port of the framework's development server, for a front end whose Dockerfile runs that.</summary>
    public int? DevelopmentPort { get; set; }

    /// <summary>Folders beside its own whose code it is built from (project references, workspace packages).</summary>
    public SortedSet<string> References { get; } = new(StringComparer.Ordinal);

    /// <summary>Libraries it depends on.</summary>
    public List<Library> Libraries { get; } = [];

    public List<Evidence> Evidence { get; } = [];

    public List<Alternative> Alternatives { get; } = [];

    /// <summary>Variables with the name as key.</summary>
    public Dictionary<string, DetectedVariable> Environment { get; } = new(StringComparer.Ordinal);

    public bool Uses(string library) => Libraries.Exists(one => one.Name == library);

    public bool UsesAny(params ReadOnlySpan<string> libraries)
    {
        foreach (var library in libraries)
        {
            if (Uses(library)) return true;
        }
        return false;
    }

    const int MaxSignal = 200;

    public Candidate Because(SnapshotFile file, int? line, string signal, double weight) => Because(file.Path, line, signal, weight);

    public Candidate Because(string file, int? line, string signal, double weight)
    {
        var evidence = new Evidence(file, line, signal.Length <= MaxSignal ? signal : signal[..MaxSignal] + "…", weight);
        if (!Evidence.Exists(one => one.File == file && one.Signal == evidence.Signal)) Evidence.Add(evidence);
        return this;
    }
}

/// <summary>A dependency as a manifest names it.</summary>
/// <param name="Ecosystem">Key of the table of client libraries: npm, pypi, nuget ...</param>
/// <param name="Name">As that ecosystem spells it.</param>
/// <param name="File">The manifest.</param>
/// <param name="Line">1-based, or null.</param>
sealed record Library(string Ecosystem, string Name, string File, int? Line);
