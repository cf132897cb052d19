using System.Globalization;
using Kyozo.Data.Topology;
using Kyozo.Engine.Folders;
using Kyozo.Engine.Topology;

namespace Kyozo.Engine.Tests.Topology;

/// <summary>The same folder gives the same answer: whatever the file system's order, the culture of the machine, the number of threads.</summary>
public sealed class DeterminismTests : IDisposable
{
    readonly string _folder = Directory.CreateTempSubdirectory("kyozo-order-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Order_in_which_files_were_made_changes_nothing()
    {
        foreach (var sample in (string[])["polyglot-without-orchestration", "turbo-workspaces", "kubernetes-manifests"])
        {
            var source = Path.Combine(Samples.Folder, sample);
            var files = Directory.GetFiles(source, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).ToList();
            Copy(source, files, $"forward/{sample}");
            files.Reverse();
            Copy(source, files, $"backward/{sample}");

            Assert.Equal(await PrintAsync($"forward/{sample}"), await PrintAsync($"backward/{sample}"));
        }
    }

    [Fact]
    public async Task Culture_of_the_machine_changes_nothing()
    {
        var foreign = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        (foreign.NumberFormat.NumberDecimalSeparator, foreign.NumberFormat.NumberGroupSeparator, foreign.NumberFormat.NegativeSign) = (",", ".", "−");
        var before = CultureInfo.CurrentCulture;
        try
        {
            foreach (var sample in Directory.GetDirectories(Samples.Folder))
            {
                var snapshot = await FolderScanner.ScanAsync(sample, ScanOptions.Default, TestContext.Current.CancellationToken);
                CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
                var expected = TopologyJson.Print(TopologyAnalyzer.Analyze(snapshot));
                CultureInfo.CurrentCulture = foreign;
                Assert.Equal(expected, TopologyJson.Print(TopologyAnalyzer.Analyze(snapshot)));
            }
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Fact]
    public async Task Many_analyses_at_once_agree()
    {
        var snapshot = await FolderScanner.ScanAsync(Path.Combine(Samples.Folder, "polyglot-without-orchestration"), ScanOptions.Default, TestContext.Current.CancellationToken);

        var answers = new string[32];
        Parallel.For(0, answers.Length, at => answers[at] = TopologyJson.Print(TopologyAnalyzer.Analyze(snapshot)));

        Assert.Single(answers.Distinct());
    }

    /// <summary>SAFETY F-20.</summary>
    [Fact]
    public async Task Thousand_services_in_ten_thousand_files_are_all_found()
    {
        for (var i = 0; i < 1000; i++)
        {
            var service = Directory.CreateDirectory(Path.Combine(_folder, $"service-{i:000}")).FullName;
            await File.WriteAllTextAsync(Path.Combine(service, "package.json"), $$"""{ "name": "service-{{i}}", "scripts": { "start": "node server.js" }, "dependencies": { "express": "5" } }""", TestContext.Current.CancellationToken);
            await File.WriteAllTextAsync(Path.Combine(service, "server.js"), $"require('express')().get('/health', (q, s) => s.send(process.env.SERVICE_{(i + 1) % 1000:000}_URL)).listen({10_000 + i});", TestContext.Current.CancellationToken);
            for (var file = 0; file < 8; file++) await File.WriteAllTextAsync(Path.Combine(service, $"part{file}.css"), "p {}", TestContext.Current.CancellationToken);
        }

        var topology = await Samples.DetectAsync(_folder);

        Assert.Equal(1000, topology.Services.Count);
        Assert.Equal(1000, topology.Services.Select(service => service.Name).Distinct().Count());
        Assert.Equal(1000, topology.Dependencies.Count);
        Assert.Single(topology.Dependencies, edge => edge.Type == DependencyType.Optional);
    }

    void Copy(string source, List<string> files, string target)
    {
        foreach (var file in files)
        {
            var to = Path.Combine(_folder, target, Path.GetRelativePath(source, file));
            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            File.Copy(file, to);
        }
    }

    async Task<string> PrintAsync(string relative) => TopologyJson.Print(await Samples.DetectAsync(Path.Combine(_folder, relative)));
}
