using Kyozo.Engine.Containers;
using Kyozo.Engine.Folders;
using Kyozo.Engine.Images;
using Kyozo.Engine.ServiceInstances;
using Kyozo.Engine.Topology;
using Kyozo.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Kyozo.Engine.Tests.Images;

/// <summary>Folders without a Dockerfile, from detection to a container that answers: what is found must be what can be built.</summary>
public sealed class DetectedBuildTests(DockerFixture docker) : IDisposable
{
    readonly string _root = Directory.CreateTempSubdirectory("kyozo-detected-").FullName;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Two_commands_of_one_Go_module_are_built_with_the_packages_they_share()
    {
        Write("go.mod", "module example.com/tickets\n\ngo 1.19\n");
        Write("internal/greeting/greeting.go", "package greeting\n\nfunc Of(name string) string { return \"hello from \" + name }\n");
        foreach (var (name, port) in ((string, int)[])[("api", 8081), ("admin", 8082)])
        {
            Write($"cmd/{name}/main.go", $$"""
                package main

                import (
                	"fmt"
                	"net/http"

                	"example.com/tickets/internal/greeting"
                )

                func main() {
                	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { fmt.Fprintln(w, greeting.Of("{{name}}")) })
                	http.ListenAndServe(":{{port}}", nil)
                }
                """);
        }

        Assert.Equal("hello from admin", await AnswerAsync("admin"));
        Assert.Equal("hello from api", await AnswerAsync("api"));
    }

    [Fact]
    public async Task A_member_of_an_npm_workspace_is_built_with_the_package_beside_it()
    {
        Write("package.json", """{ "name": "shopfront", "private": true, "workspaces": ["apps/*", "packages/*"] }""");
        Write("packages/money/package.json", """{ "name": "@shopfront/money", "version": "1.0.0", "main": "index.js" }""");
        Write("packages/money/index.js", "exports.format = cents => `${(cents / 100).toFixed(2)} EUR`;\n");
        Write("packages/unrelated/package.json", """{ "name": "@shopfront/unrelated", "version": "1.0.0", "dependencies": { "no-such-package-anywhere-at-all": "9.9.9" } }""");
        Write("apps/web/package.json", """{ "name": "@shopfront/web", "private": true, "scripts": { "start": "node server.js" }, "dependencies": { "@shopfront/money": "*" } }""");
        Write("apps/web/server.js", """
            const { format } = require("@shopfront/money");
            require("http").createServer((request, response) => response.end(format(1250))).listen(process.env.PORT || 3000);
            """);

        Assert.Equal("12.50 EUR", await AnswerAsync("web"));
    }

    [Fact]
    public async Task A_PHP_page_is_served()
    {
        Write("index.php", "<?php echo 'hello from PHP ' . (1 + 1);");

        Assert.Equal("hello from PHP 2", await AnswerAsync(null));
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    void Write(string path, string text)
    {
        var file = Path.Combine(_root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
    }

    /// <summary>The first line that the service answers, once it runs as it was detected.</summary>
    async Task<string> AnswerAsync(string? name)
    {
        var topology = TopologyAnalyzer.Analyze(await FolderScanner.ScanAsync(_root, ScanOptions.Default, Cancel));
        var detected = Assert.Single(topology.Services, service => name is null || service.Name == name);
        var port = Assert.Single(DetectedConfig.Ports(detected)).ContainerPort;
        var built = await docker.Services.GetRequiredService<ImageBuilder>().BuildAsync(new()
        {
            WorkspaceRoot = _root,
            WorkspaceSlug = docker.Name("detected"),
            ServiceName = detected.Name,
            ServiceType = detected.Type,
            FolderPath = DetectedConfig.Folder(detected),
            Config = DetectedConfig.Config(detected),
            Port = port,
            Labels = docker.Labels,
        }, _ => { }, Cancel);

        var id = await docker.StartAsync(await docker.SpecAsync($"detected-{detected.Name}", [], Cancel) with { Image = built.ImageId, MemoryBytes = 256L << 20 }, Cancel);
        // bash speaks TCP by itself: every image has it, few have a client.
        string[] ask = ["bash", "-c", $"exec 3<>/dev/tcp/127.0.0.1/{port}; printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3; tail -n 1 <&3"];
        var answer = "";
        await Eventually.TrueAsync($"{detected.Name} answers", TimeSpan.FromSeconds(30), async () =>
        {
            if ((await docker.Runtime.FindContainerAsync(id, Cancel))!.Phase is ContainerPhase.Restarting or ContainerPhase.Exited) Assert.Fail(await DockerCli.RunAsync(Cancel, "logs", id));
            var asked = await DockerCli.TryAsync(Cancel, ["exec", id, .. ask]);
            answer = asked.Output.Trim();
            return asked.ExitCode == 0 && answer.Length > 0;
        }, Cancel);
        return answer;
    }
}
