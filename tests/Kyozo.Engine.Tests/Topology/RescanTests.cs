using Kyozo.Data.Topology;
using Kyozo.Engine.Folders;
using Kyozo.Engine.Tests.Folders;
using Kyozo.Engine.Topology;

namespace Kyozo.Engine.Tests.Topology;

/// <summary>One folder of more than a thousand texts, edited as people do: after each edit the answer is the one of a scan that knows nothing.</summary>
public sealed class RescanTests : IDisposable
{
    const int Packages = 60, SourcesEach = 20;

    readonly TemporaryFolder _temporary = new();

    public void Dispose() => _temporary.Dispose();

    static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task After_an_edit_that_changes_the_answer_it_is_the_one_of_a_scan_without_a_cache()
    {
        var root = _temporary.Make("product");
        Write(root);
        var first = await WithCacheAsync(root);
        Assert.Equal(await WithoutAsync(root), first);

        var before = first;
        foreach (var (what, edit) in Edits(root))
        {
            NextTick();
            edit();
            var again = await WithCacheAsync(root);

            Assert.True(again == await WithoutAsync(root), what);
            Assert.True(again != before, $"{what}: was to change the answer");
            // And the answer that was kept of this one is as good.
            Assert.True(again == await WithCacheAsync(root), $"{what}, asked twice");
            before = again;
        }
    }

    static IEnumerable<(string What, Action Edit)> Edits(string root)
    {
        string At(string path) => Path.Combine(root, path);
        void Replace(string path, string old, string other)
        {
            var text = File.ReadAllText(At(path));
            Assert.Contains(old, text, StringComparison.Ordinal);
            File.WriteAllText(At(path), text.Replace(old, other, StringComparison.Ordinal));
        }

        yield return ("a dependency", () => Replace("p03/package.json", "\"express\": \"5\"", "\"express\": \"5\", \"redis\": \"5\""));
        yield return ("a port", () => Replace("p06/src/server.js", "listen(4006", "listen(4906"));
        yield return ("a variable in a file beside", () => File.AppendAllText(At("p09/src/part7.js"), "\nconst other = process.env.P30_URL;\n"));
        yield return ("a service more", () =>
        {
            Directory.CreateDirectory(At("mailer"));
            File.WriteAllText(At("mailer/requirements.txt"), "flask\npsycopg2\n");
            File.WriteAllText(At("mailer/app.py"), "from flask import Flask\napp = Flask(__name__)\napp.run(port=5005)\n");
        }
        );
        yield return ("a service less", () => Directory.Delete(At("p15"), recursive: true));
        yield return ("a folder renamed", () => Directory.Move(At("p18"), At("billing")));
        yield return ("a Dockerfile", () => File.WriteAllText(At("p21/Dockerfile"), "FROM node:22\nEXPOSE 7021\nCMD [\"node\", \"src/server.js\"]\n"));
        yield return ("a project of a solution", () => Replace("net/Shop/Shop.csproj", "Microsoft.NET.Sdk.Web", "Microsoft.NET.Sdk.Worker"));
        yield return ("a solution file, and the project that it named", () =>
        {
            Replace("net/Shop.slnx", "<Project Path=\"Stock/Stock.csproj\" />", "");
            Directory.Delete(At("net/Stock"), recursive: true);
        }
        );
        yield return ("a compose file", () => File.WriteAllText(At("compose.yaml"), "services:\n  web:\n    build: ./p24\n    ports: [\"8024:4024\"]\n    depends_on: [db]\n  db:\n    image: postgres:17\n"));
        yield return ("a service of the compose file", () => Replace("compose.yaml", "  db:\n", "  cache:\n    image: redis:8\n  db:\n"));
        yield return ("its image", () => Replace("compose.yaml", "postgres:17", "mysql:9"));
        yield return ("no compose file any more", () => File.Delete(At("compose.yaml")));
    }

    static void Write(string root)
    {
        void Put(string path, string text)
        {
            var full = Path.Combine(root, path);
            Directory.CreateDirectory(Path.GetDirectoryName(full)!);
            File.WriteAllText(full, text);
        }

        for (var package = 0; package < Packages; package++)
        {
            var runs = package % 3 == 0;
            Put($"p{package:00}/package.json", $$"""{ "name": "p{{package:00}}", {{(runs ? "\"scripts\": { \"start\": \"node src/server.js\" }, " : "")}}"dependencies": { "express": "5" } }""");
            if (runs) Put($"p{package:00}/src/server.js", $"require('express')().listen({4000 + package});\n");
            for (var file = 0; file < SourcesEach; file++) Put($"p{package:00}/src/part{file}.js", $"// part {file}\nconst url = process.env.P{(package + 3) % Packages:00}_URL;\n");
        }
        Put("net/Shop.slnx", "<Solution>\n  <Project Path=\"Shop/Shop.csproj\" />\n  <Project Path=\"Stock/Stock.csproj\" />\n</Solution>\n");
        foreach (var project in (string[])["Shop", "Stock"])
        {
            Put($"net/{project}/{project}.csproj", "<Project Sdk=\"Microsoft.NET.Sdk.Web\"><PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup></Project>");
            Put($"net/{project}/Program.cs", "var app = WebApplication.CreateBuilder(args).Build();\napp.Run();\n");
        }
    }

    // The clock is ahead of the files, as if they had been written long before.
    async Task<string> WithCacheAsync(string root) =>
        TopologyJson.Print(await FolderDetection.DetectAsync(root, ScanOptions.Default with { Cache = ScanCache.Open(Path.Combine(_temporary.Path, "cache"), root, TimeProvider.System.GetUtcNow() + TimeSpan.FromHours(1)) }, Stop));

    static async Task<string> WithoutAsync(string root) => TopologyJson.Print(await FolderDetection.DetectAsync(root, ScanOptions.Default, Stop));

    /// <summary>The disk's clock has ticks of some milliseconds, and two changes within one look alike to a cache that believes young stamps.</summary>
    void NextTick()
    {
        var marker = Path.Combine(_temporary.Path, "tick");
        File.WriteAllText(marker, "");
        var before = File.GetLastWriteTimeUtc(marker);
        while (File.GetLastWriteTimeUtc(marker) == before) File.WriteAllText(marker, "");
    }
}
