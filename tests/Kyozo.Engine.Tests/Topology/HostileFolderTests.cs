using System.Runtime.InteropServices;
using System.Text;
using Kyozo.Data.Topology;
using Kyozo.Engine.Folders;
using Kyozo.Testing;

namespace Kyozo.Engine.Tests.Topology;

/// <summary>Folders that somebody made to do harm (SAFETY ).</summary>
public sealed partial class HostileFolderTests : IDisposable
{
    static readonly TimeSpan Generous = TimeSpan.FromSeconds(60);

    readonly string _folder = Directory.CreateTempSubdirectory("kyozo-detect-").FullName;

    public void Dispose()
    {
        if (OperatingSystem.IsLinux())
        {
            foreach (var locked in Directory.EnumerateFileSystemEntries(_folder, "locked*")) File.SetUnixFileMode(locked, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Links_are_told_and_not_followed()
    {
        Write("web/package.json", """{ "scripts": { "start": "node server.js" } }""");
        Write("web/server.js", "require('http').createServer().listen(3000);");
        File.CreateSymbolicLink(Full("web/conf"), "/etc");
        File.CreateSymbolicLink(Full("web/key"), "/etc/hostname");
        File.CreateSymbolicLink(Full("self"), ".");
        File.CreateSymbolicLink(Full("a"), "b");
        File.CreateSymbolicLink(Full("b"), "a");

        var topology = await DetectAsync();

        Assert.Equal("web", Assert.Single(topology.Services).Name);
        Assert.Equal(["a", "b", "self", "web/conf", "web/key"], topology.Skipped.Select(skipped => skipped.Path));
        Assert.All(topology.Skipped, skipped => Assert.Equal("symbolic link, not followed", skipped.Reason));
    }

    [Fact]
    public async Task Chain_of_links_and_deep_folders_end_at_the_depth_limit()
    {
        var deep = string.Join('/', Enumerable.Range(0, 60).Select(level => $"d{level}"));
        Write($"{deep}/package.json", """{ "scripts": { "start": "node x.js" } }""");
        File.CreateSymbolicLink(Full("link0"), deep);
        for (var i = 1; i < 40; i++) File.CreateSymbolicLink(Full($"link{i}"), $"link{i - 1}");

        var topology = await DetectAsync();

        Assert.Empty(topology.Services);
        Assert.Contains(topology.Skipped, skipped => skipped.Reason == "nested deeper than 32 folders");
    }

    [Fact]
    public async Task Pipes_sockets_and_devices_are_skipped_with_a_reason()
    {
        Write("app/requirements.txt", "flask");
        Write("app/app.py", "from flask import Flask\napp = Flask(__name__)");
        Assert.Equal(0, mkfifo(Full("app/package.json"), 0x1B6));
        Assert.Equal(0, mkfifo(Full("app/pipe"), 0x1B6));
        using var socket = new System.Net.Sockets.Socket(System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Unspecified);
        socket.Bind(new System.Net.Sockets.UnixDomainSocketEndPoint(Full("app/run.sock")));

        var topology = await DetectAsync();

        Assert.Equal(ServiceType.Python, Assert.Single(topology.Services).Type);
        Assert.Equal(
            ["app/package.json: not a regular file (named pipe)", "app/pipe: not a regular file (named pipe)", "app/run.sock: not a regular file (socket)"],
            topology.Skipped.Select(skipped => $"{skipped.Path}: {skipped.Reason}"));
    }

    [Fact]
    public async Task Sparse_file_of_two_gigabytes_is_not_read()
    {
        using (var huge = File.Create(Full("package.json"))) huge.SetLength(2L << 30);
        Write("index.html", "<!doctype html>");
        Write("style.css", "p {}");

        var topology = await DetectAsync();

        Assert.Equal(ServiceType.Static, Assert.Single(topology.Services).Type);
        Assert.StartsWith("too large to be read", Assert.Single(topology.Skipped).Reason);
    }

    [Theory]
    [InlineData("package.json", "{ \"name\": ", "not valid JSON")]
    [InlineData("package.json", "{ \"scripts\": { \"start\": \"\\ud800\" } }", "not valid JSON")]
    [InlineData("compose.yaml", "services:\n  web: [unclosed", "not valid YAML")]
    [InlineData("pom.xml", "<project><dependencies></project>", "not valid XML")]
    [InlineData("pom.xml", "<!DOCTYPE p [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><project><artifactId>&x;</artifactId></project>", "not valid XML")]
    public async Task Broken_manifest_is_told_and_the_rest_goes_on(string name, string text, string reason)
    {
        Write($"broken/{name}", text);
        Write("good/main.py", "from http.server import HTTPServer\nHTTPServer(('', 8000), None).serve_forever()");

        var topology = await DetectAsync();

        Assert.Contains(topology.Services, service => service is { Name: "good", Port: 8000 });
        Assert.StartsWith(reason, Assert.Single(topology.Skipped, skipped => skipped.Path == $"broken/{name}").Reason);
        Assert.DoesNotContain("root:", TopologyJson.Print(topology));
    }

    [Fact]
    public async Task Nesting_and_alias_bombs_cost_neither_stack_nor_memory()
    {
        Write("json/package.json", string.Concat(Enumerable.Repeat("{\"a\":", 100_000)));
        Write("yaml/compose.yaml", new string('[', 100_000));
        Write("xml/pom.xml", string.Concat(Enumerable.Repeat("<a>", 100_000)));
        var bomb = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for (var i = 1; i < 12; i++) bomb.Append($"a{i}: &a{i} [*a{i - 1}, *a{i - 1}, *a{i - 1}, *a{i - 1}, *a{i - 1}, *a{i - 1}, *a{i - 1}, *a{i - 1}, *a{i - 1}]\n");
        bomb.Append("services:\n  web:\n    image: nginx\n    depends_on: *a11\n    environment: *a11\n    command: *a11\n");
        Write("bomb/compose.yaml", bomb.ToString());
        var before = GC.GetTotalAllocatedBytes(precise: true);

        var topology = await DetectAsync();

        Assert.Contains(topology.Services, service => service.Type == ServiceType.Nginx);
        Assert.Equal(["json/package.json", "xml/pom.xml", "yaml/compose.yaml"], topology.Skipped.Select(skipped => skipped.Path));
        Assert.InRange(GC.GetTotalAllocatedBytes(precise: true) - before, 0, 100L << 20);
    }

    [Fact]
    public async Task Text_that_is_none_or_comes_as_utf16_does_no_harm()
    {
        File.WriteAllBytes(Make("binary/package.json"), [0x7F, 0x45, 0x4C, 0x46, 0, 1, 2, 0xFF]);
        File.WriteAllBytes(Make("invalid/requirements.txt"), [0x66, 0x6C, 0x61, 0x73, 0x6B, 0x0A, 0xC3, 0x28, 0xFE]);
        File.WriteAllText(Make("wide/package.json"), """{ "scripts": { "start": "node server.js" }, "dependencies": { "express": "5" } }""", Encoding.Unicode);

        var topology = await DetectAsync();

        Assert.Contains(topology.Services, service => service is { Name: "wide", Framework: "express" });
        Assert.Equal("not text", Assert.Single(topology.Skipped).Reason);
    }

    [Theory]
    [InlineData("$(touch pwned)", "touch-pwned")]
    [InlineData("`id`", "id")]
    [InlineData("web;reboot", "web-reboot")]
    [InlineData("-rm", "rm")]
    [InlineData("--privileged", "privileged")]
    [InlineData("web\nLABEL x=y", "web-label-x-y")]
    [InlineData("Ünï", "uni")]
    [InlineData("日本", "service")]
    public async Task Folder_names_become_harmless_names(string name, string slug)
    {
        Write($"{name}/main.py", "from http.server import HTTPServer\nHTTPServer(('', 8000), None).serve_forever()");

        var service = Assert.Single((await DetectAsync()).Services);

        Assert.Equal(slug, service.Name);
        Assert.Equal(name, service.Path);
    }

    [Fact]
    public async Task Names_that_become_the_same_stay_three_services()
    {
        foreach (var name in (string[])["Web App", "web-app", "web_app", new string('x', 200)])
            Write($"{name}/main.py", "from http.server import HTTPServer\nHTTPServer(('', 8000), None).serve_forever()");

        var topology = await DetectAsync();

        Assert.Equal(["Web App web-app", "web-app web-app-2", "web_app web-app-3"], topology.Services.Where(service => service.Path![0] != 'x').Select(service => $"{service.Path} {service.Name}"));
        Assert.Contains(topology.Services, service => service.Name == new string('x', 63));
    }

    [Theory]
    [InlineData("package.json", """{ "main": "../../etc/passwd", "scripts": { "start": "a", "start": "b" }, "dependencies": [1], "workspaces": 7 }""")]
    [InlineData("package.json", """[1, "two", null]""")]
    [InlineData("lib.csproj", """<Project Sdk="Microsoft.NET.Sdk"><ItemGroup><ProjectReference Include="..\..\..\x.csproj" /></ItemGroup></Project>""")]
    [InlineData("compose.yaml", "services: [a, b]\nvolumes: 7\n")]
    [InlineData("compose.yaml", "services:\n  a: *missing\n  '': {}\n  b: { build: { context: [1] }, ports: [x, 99999, {target: y}], environment: 5, depends_on: 3 }\n")]
    [InlineData("Dockerfile", "FROM\nEXPOSE x 0 70000\nCMD [\nENV\nARG\n")]
    [InlineData("pyproject.toml", "[project\ndependencies = [\n\"")]
    [InlineData("Procfile", ": \nweb:\n:::\n")]
    [InlineData("render.yaml", "services: {}\ndatabases: [1]\n")]
    [InlineData("dapr.yaml", "apps: [{appDirPath: ../../..}]\n")]
    [InlineData("azure.yaml", "services: { web: { project: ../../.. }, api: [1], '': { project: . } }\n")]
    [InlineData("tye.yaml", "services: [1, { name: x, project: ../../x.csproj }]\n")]
    [InlineData("app.yaml", "runtime: [python]\nentrypoint: {}\n")]
    [InlineData("fly.toml", "[http_service]\ninternal_port = 99999999\n")]
    [InlineData("railway.json", """{ "deploy": [ { "startCommand": 1 } ] }""")]
    [InlineData("project.json", """{ "projectType": "application", "targets": 7 }""")]
    [InlineData("deployment.yaml", "apiVersion: apps/v1\nkind: Deployment\nmetadata: [x]\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata: { name: a }\nspec: { template: { spec: { containers: [{ image: x, env: [{ name: A, value: [1] }], ports: 7, args: {} }] } } }\n---\n")]
    [InlineData("service.yaml", "apiVersion: v1\nkind: List\nitems: [{ kind: Service, metadata: { name: a }, spec: { selector: {}, ports: [{ port: x }] } }]\n")]
    [InlineData("skaffold.yaml", "apiVersion: skaffold/v4\nkind: Config\nbuild: { artifacts: [{ image: x, context: ../../.. }] }\n")]
    public async Task Manifest_of_another_shape_than_expected_ends_in_an_answer(string name, string text)
    {
        Write(name, text);
        Write($"inner/{name}", text);

        var topology = await DetectAsync();

        Assert.DoesNotContain(topology.Services, service => service.Path?.Contains("..", StringComparison.Ordinal) == true);
    }

    [Fact]
    public async Task Workload_that_would_reach_the_host_is_found_and_what_reaches_is_told()
    {
        Write("agent/main.py", "from http.server import HTTPServer\nHTTPServer(('', 8000), None).serve_forever()");
        Write("agent.yaml", """
            apiVersion: apps/v1
            kind: DaemonSet
            metadata: { name: agent }
            spec:
              template:
                spec:
                  hostNetwork: true
                  hostPID: true
                  containers:
                    - name: agent
                      image: agent
                      securityContext: { privileged: true, capabilities: { add: [SYS_ADMIN] } }
                  volumes:
                    - name: root
                      hostPath: { path: / }
            """);

        var topology = await DetectAsync();

        Assert.Equal("agent", Assert.Single(topology.Services).Name);
        Assert.Equal(
            ["agent.yaml#agent.capabilities", "agent.yaml#agent.hostNetwork", "agent.yaml#agent.hostPID", "agent.yaml#agent.privileged", "agent.yaml#agent.volumes[/]"],
            topology.Skipped.Select(skipped => skipped.Path));
        Assert.All(topology.Skipped, skipped => Assert.Equal("ignored: not allowed", skipped.Reason));
    }

    [Fact]
    public async Task Limits_on_files_are_told()
    {
        for (var i = 0; i < 50; i++) Write($"many/{i:00}.txt", "");

        var topology = await Samples.DetectAsync(_folder, ScanOptions.Default with { MaxFiles = 20 });

        Assert.Contains(topology.Skipped, skipped => skipped.Reason.Contains("more than 20 files", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_this_user_may_not_read_is_told_by_the_command()
    {
        Write("app/main.py", "from http.server import HTTPServer\nHTTPServer(('', 8000), None).serve_forever()");
        Write("locked/package.json", """{ "scripts": { "start": "node x.js" } }""");
        Write("app/package.json", "{}");
        if (!OperatingSystem.IsLinux()) return;
        File.SetUnixFileMode(_folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);
        File.SetUnixFileMode(Full("app/package.json"), UnixFileMode.None);
        File.SetUnixFileMode(Full("locked"), UnixFileMode.None);

        // Root reads everything: the scan runs as nobody, in a process of its own.
        var script = await RunUnprivilegedAsync();

        Assert.Contains("app/package.json: cannot be read: permission denied", script);
        Assert.Contains("locked: cannot be listed: permission denied", script);
        Assert.Contains("service app", script);
    }

    /// <summary>Set for the process that the test starts as another user: the folder it is to scan.</summary>
    const string UnprivilegedFolder = "KYOZO_TEST_SCAN_FOLDER";

    [Fact]
    public async Task Scan_for_another_user()
    {
        if (Environment.GetEnvironmentVariable(UnprivilegedFolder) is not { Length: > 0 } other) return;
        var topology = await Samples.DetectAsync(other);
        foreach (var skipped in topology.Skipped) TestContext.Current.TestOutputHelper!.WriteLine($"{skipped.Path}: {skipped.Reason}");
        foreach (var service in topology.Services) TestContext.Current.TestOutputHelper!.WriteLine($"service {service.Name}");
    }

    async Task<string> RunUnprivilegedAsync()
    {
        if (Environment.UserName != "root")
        {
            var own = await DetectAsync();
            return string.Join('\n', own.Skipped.Select(skipped => $"{skipped.Path}: {skipped.Reason}").Concat(own.Services.Select(service => $"service {service.Name}")));
        }
        var assembly = typeof(HostileFolderTests).Assembly.Location;
        var result = await Command.RunAsync(
            "setpriv",
            ["--reuid=65534", "--regid=65534", "--clear-groups", Environment.ProcessPath!.EndsWith("dotnet", StringComparison.Ordinal) ? Environment.ProcessPath! : Path.ChangeExtension(assembly, null), .. Environment.ProcessPath!.EndsWith("dotnet", StringComparison.Ordinal) ? (string[])[assembly] : [], "-method", $"*.{nameof(Scan_for_another_user)}", "-showliveoutput"],
            TestContext.Current.CancellationToken,
            new Dictionary<string, string?> { [UnprivilegedFolder] = _folder, ["HOME"] = "/tmp", ["DOTNET_CLI_HOME"] = "/tmp" });
        return result.Output + result.Error;
    }

    async Task<FolderTopology> DetectAsync()
    {
        var detection = Samples.DetectAsync(_folder);
        await detection.WaitAsync(Generous, TestContext.Current.CancellationToken);
        return await detection;
    }

    string Full(string relative) => Path.Combine(_folder, relative);

    string Make(string relative)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Full(relative))!);
        return Full(relative);
    }

    void Write(string relative, string text) => File.WriteAllText(Make(relative), text);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int mkfifo(string path, uint mode);
}
