using System.Text.Json;
using System.Text.RegularExpressions;
using Kyozo.Data;
using Kyozo.Data.Topology;
using Kyozo.Engine.Folders;
using Kyozo.Engine.Topology;

namespace Kyozo.Engine.Tests.Topology;

public sealed partial class SampleTests
{
    public static TheoryData<string> Names() => [.. Directory.GetDirectories(Samples.Folder).Select(folder => Path.GetFileName(folder)).Order(StringComparer.Ordinal)];

    [Theory, MemberData(nameof(Names))]
    public async Task Sample_has_exactly_the_topology_written_down(string name)
    {
        var folder = Path.Combine(Samples.Folder, name);
        var found = TopologyJson.Print(await Samples.DetectAsync(folder)) + "\n";
        var expectedFile = Path.Combine(folder, Samples.ExpectedFile);
        if (Environment.GetEnvironmentVariable(Samples.AcceptVariable) == "1") await File.WriteAllTextAsync(expectedFile, found, TestContext.Current.CancellationToken);

        var expected = File.Exists(expectedFile) ? await File.ReadAllTextAsync(expectedFile, TestContext.Current.CancellationToken) : "";
        Assert.True(expected == found, $"The topology of {name} is not the one in {expectedFile}. Found:\n{found}\nIf that is right, run the tests once with {Samples.AcceptVariable}=1 and commit the changed file.");
    }

    [Theory, MemberData(nameof(Names))]
    public async Task Names_are_unique_slugs_and_edges_join_them(string name)
    {
        var topology = await Samples.DetectAsync(Path.Combine(Samples.Folder, name));

        Assert.All(topology.Services, service => Assert.Matches(SlugPattern(), service.Name));
        Assert.Equal(topology.Services.Count, topology.Services.Select(service => service.Name).Distinct().Count());
        Assert.All(topology.Services, service => Assert.InRange(service.Confidence, 0.01, 1));
        Assert.All(topology.Services, service => Assert.NotEmpty(service.Evidence));
        var names = topology.Services.Select(service => service.Name).ToHashSet();
        Assert.All(topology.Dependencies, edge => Assert.True(names.Contains(edge.From) && names.Contains(edge.To) && edge.From != edge.To && edge.Evidence.Count > 0));
    }

    [Theory, MemberData(nameof(Names))]
    public async Task Same_files_in_another_order_give_the_same_topology(string name)
    {
        var snapshot = await FolderScanner.ScanAsync(Path.Combine(Samples.Folder, name), ScanOptions.Default, TestContext.Current.CancellationToken);
        var again = await FolderScanner.ScanAsync(Path.Combine(Samples.Folder, name), ScanOptions.Default, TestContext.Current.CancellationToken);

        Assert.Equal(snapshot.Files, again.Files);
        Assert.Equal(TopologyJson.Print(TopologyAnalyzer.Analyze(snapshot)), TopologyJson.Print(TopologyAnalyzer.Analyze(again)));
    }

    [Fact]
    public async Task Printed_json_is_what_KyozoJson_would_write()
    {
        var topology = await Samples.DetectAsync(Path.Combine(Samples.Folder, "side-by-side"));

        Assert.Equal(JsonSerializer.Serialize(topology, KyozoJson.Indented), TopologyJson.Print(topology));
        Assert.Equal(TopologyJson.Print(topology), TopologyJson.Print(JsonSerializer.Deserialize<FolderTopology>(TopologyJson.Print(topology), KyozoJson.Compact)!));
    }

    [GeneratedRegex("^[a-z0-9][a-z0-9-]{0,62}$")]
    private static partial Regex SlugPattern();
}
