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
    public async Task A_member_of_an_npm_workspace_is_built_after_the_package_beside_it()
    {
        Write("package.json", """{ "name": "shopfront", "private": true, "workspaces": ["apps/*", "packages/*"] }""");
        Write("packages/money/package.json", """{ "name": "@shopfront/money", "version": "1.0.0", "main": "built/index.js", "scripts": { "build": "mkdir built && cp index.js built/" } }""");
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

    [Fact]
    public async Task A_Ruby_server_of_the_standard_library_is_served()
    {
        Write("Gemfile", "source 'https://rubygems.org'\n");
        Write("app.rb", """
            require 'socket'
            server = TCPServer.new('0.0.0.0', 4567)
            loop do
              client = server.accept
              while (line = client.gets) && line != "\r\n"; end
              client.print "HTTP/1.0 200 OK\r\n\r\nhello from Ruby #{RUBY_ENGINE}"
              client.close
            end
            """);

        Assert.Equal("hello from Ruby ruby", await AnswerAsync(null));
    }

    [Fact]
    public async Task A_Rust_program_is_built_and_served_by_the_name_of_its_binary()
    {
        Write("Cargo.toml", "[package]\nname = \"rates\"\nversion = \"0.1.0\"\nedition = \"2021\"\n\n[[bin]]\nname = \"rates-server\"\npath = \"src/server.rs\"\n");
        Write("src/server.rs", """
            use std::io::{Read, Write};
            use std::net::TcpListener;

            fn main() {
                let listener = TcpListener::bind("0.0.0.0:8080").unwrap();
                for stream in listener.incoming() {
                    let mut stream = stream.unwrap();
                    let mut request = [0; 1024];
                    let _ = stream.read(&mut request);
                    let _ = stream.write_all(b"HTTP/1.0 200 OK\r\n\r\nhello from Rust");
                }
            }
            """);

        Assert.Equal("hello from Rust", await AnswerAsync(null));
    }

    [Fact]
    public async Task A_Bun_server_is_installed_and_served_by_Bun()
    {
        Write("package.json", """{ "name": "greeter", "scripts": { "start": "bun run index.ts" }, "dependencies": { "ms": "2.1.3" } }""");
        Write("bun.lock", """
            {
              "lockfileVersion": 1,
              "workspaces": { "": { "name": "greeter", "dependencies": { "ms": "2.1.3" } } },
              "packages": { "ms": ["ms@2.1.3", "", {}, "sha512-6FlzubTLZG3J2a/NVCAleEhjzq5oxgHyaCU9yYXvcLsvoVaHJq/s5xXI6/XXP6tz7R9xAOtHnSO/tXtF3WRTlA=="] }
            }

            """);
        Write("index.ts", """
            import ms from "ms";
            Bun.serve({ port: 3000, hostname: "0.0.0.0", fetch: (): Response => new Response(`hello from Bun after ${ms("2s")}`) });
            """);

        Assert.Equal("hello from Bun after 2000", await AnswerAsync(null));
    }

    [Fact]
    public async Task A_Deno_server_is_served()
    {
        Write("deno.json", """{ "tasks": { "start": "deno run --allow-net main.ts" } }""");
        Write("main.ts", "const answer: string = 'hello from Deno';\nDeno.serve({ port: 8000, hostname: '0.0.0.0' }, () => new Response(answer));\n");

        Assert.Equal("hello from Deno", await AnswerAsync(null));
    }

    [Fact]
    public async Task A_web_project_for_an_older_NET_is_published_with_the_library_beside_it_and_served()
    {
        Write("Tickets.sln", "Microsoft Visual Studio Solution File, Format Version 12.00\n");
        Write("src/Tickets.Text/Tickets.Text.csproj", """<Project Sdk="Microsoft.NET.Sdk"><PropertyGroup><TargetFramework>netstandard2.0</TargetFramework></PropertyGroup></Project>""");
        Write("src/Tickets.Text/Greeting.cs", "namespace Tickets.Text { public static class Greeting { public static string Of(string name) => \"hello from \" + name; } }\n");
        Write("src/Tickets.Web/Tickets.Web.csproj", """
            <Project Sdk="Microsoft.NET.Sdk.Web">
              <PropertyGroup><TargetFramework>net8.0</TargetFramework><ImplicitUsings>enable</ImplicitUsings><AssemblyName>tickets</AssemblyName></PropertyGroup>
              <ItemGroup><ProjectReference Include="..\Tickets.Text\Tickets.Text.csproj" /></ItemGroup>
            </Project>
            """);
        Write("src/Tickets.Web/Program.cs", """
            var app = WebApplication.CreateBuilder(args).Build();
            app.MapGet("/", () => Tickets.Text.Greeting.Of(".NET"));
            app.Run();
            """);

        Assert.Equal("hello from .NET", await AnswerAsync("tickets-web"));
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
