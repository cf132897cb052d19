using Kyozo.Data.Topology;
using Kyozo.Engine.Folders;
using Kyozo.Engine.Topology;

namespace Kyozo.Engine.Tests.Topology;

/// <summary>The little projects below <c>tests/samples</c>: each a folder with the topology that detection must find in it.</summary>
static class Samples
{
    /// <summary>Set to <c>1</c> the tests write what was found as what is expected; look at the difference before committing it.</summary>
    public const string AcceptVariable = "KYOZO_ACCEPT_TOPOLOGY";

    public const string ExpectedFile = "topology.json";

    public static string Repository { get; } = FindRepository();

    public static string Folder { get; } = Path.Combine(Repository, "tests", "samples");

    /// <summary>Scans and analyses a folder; the topology names it by its last part, so that it is the same on every machine.</summary>
    public static async Task<FolderTopology> DetectAsync(string folder, ScanOptions? options = null)
    {
        var snapshot = await FolderScanner.ScanAsync(folder, options ?? ScanOptions.Default, TestContext.Current.CancellationToken);
        return TopologyAnalyzer.Analyze(snapshot) with { Folder = Path.GetFileName(folder) };
    }

    static string FindRepository()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Kyozo.sln"))) return folder.FullName;
        }
        throw new InvalidOperationException($"Kyozo.sln lies above none of {AppContext.BaseDirectory}.");
    }
}
