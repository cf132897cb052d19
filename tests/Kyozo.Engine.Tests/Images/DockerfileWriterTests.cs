using Kyozo.Data.ServiceInstances;
using Kyozo.Data.Topology;
using Kyozo.Engine.Images;
using Kyozo.Testing;

namespace Kyozo.Engine.Tests.Images;

/// <summary>Generated Dockerfiles, compared whole with the files in <c>Expected</c>.</summary>
public sealed class DockerfileWriterTests
{
    static readonly string Expected = Path.Combine(Samples.Repository, "tests", "Kyozo.Engine.Tests", "Images", "Expected");

    /// <summary>Name of the expected file; type; port; configuration; files (path=content).</summary>
    public static TheoryData<string, ServiceType, int?, DeploymentConfig, string[]> Cases => new()
    {
        { "node", ServiceType.Nodejs, 3000, new() { StartCommand = "npm start" }, ["package.json={\"scripts\":{\"start\":\"node server.js\"},\"dependencies\":{\"express\":\"5\"}}", "package-lock.json={}", "server.js="] },
        { "node-without-packages", ServiceType.Nodejs, null, new(), ["package.json={}", "index.js="] },
        { "node-built-with-pnpm", ServiceType.Nodejs, 8080, new() { BuildCommand = "pnpm run build", StartCommand = "node dist/main.js --mode \"full\"" }, ["package.json={\"dependencies\":{\"a\":\"1\"}}", "pnpm-lock.yaml="] },
        { "node-single-page", ServiceType.Nodejs, 8080, new() { BuildCommand = "npm run build", OutputPath = "./dist" }, ["package.json={\"devDependencies\":{\"vite\":\"7\"}}", "package-lock.json={}"] },
        { "node-sveltekit", ServiceType.Nodejs, 3000, new() { BuildCommand = "npm run build", StartCommand = "node build" }, ["package.json={\"devDependencies\":{\"@sveltejs/adapter-auto\":\"7\",\"@sveltejs/kit\":\"2\"}}"] },
        { "python", ServiceType.Python, 8000, new() { StartCommand = "gunicorn app:app --bind 0.0.0.0:$PORT" }, ["requirements.txt=flask==3.1\n", "app.py="] },
        { "python-without-packages", ServiceType.Python, 8000, new(), ["main.py="] },
        { "dotnet", ServiceType.Dotnet, 8080, new(), ["Shop.Api.csproj=<Project><PropertyGroup><AssemblyName>shop</AssemblyName></PropertyGroup></Project>", "Program.cs=", "Directory.Packages.props="] },
        { "go", ServiceType.Go, 8080, new(), ["go.mod=module x", "go.sum=a", "cmd/server/main.go=package main"] },
        { "rust", ServiceType.Rust, 8080, new(), ["Cargo.toml=[package]\nname = \"shop\"\n", "Cargo.lock=", "src/main.rs="] },
        { "php", ServiceType.Php, 8080, new(), ["composer.json={}", "composer.lock={}", "public/index.php="] },
        { "ruby", ServiceType.Ruby, 3000, new(), ["Gemfile=", "Gemfile.lock=", "config.ru="] },
        { "java", ServiceType.Java, 8080, new(), ["pom.xml=<project/>", "src/main/java/A.java="] },
        { "static", ServiceType.Static, 8080, new(), ["index.html="] },
        { "shell", ServiceType.Shell, null, new(), ["start.sh="] },
        { "bun", ServiceType.Bun, 3000, new(), ["package.json={\"scripts\":{\"start\":\"bun index.ts\"},\"dependencies\":{\"hono\":\"4\"}}", "bun.lock="] },
        { "deno", ServiceType.Deno, 8000, new(), ["main.ts="] },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_Dockerfile_is_what_the_expected_file_says(string name, ServiceType type, int? port, DeploymentConfig config, string[] files)
    {
        var made = DockerfileWriter.Write(Input(type, port, config, files) with { HasCertificates = name is "node" or "python" });

        var path = Path.Combine(Expected, $"{name}.Dockerfile");
        if (Environment.GetEnvironmentVariable("KYOZO_ACCEPT") == "1") File.WriteAllText(path, made.Text);
        Assert.Equal(File.ReadAllText(path), made.Text);

        var verdict = new DockerfilePolicy("kyozo/x-", []).Judge(made.Text);
        Assert.Empty(verdict.Violations);
        Assert.Empty(verdict.Warnings);
    }

    /// <summary>Name of the expected file; type; the service's folder; configuration as detection gives it; files of the context.</summary>
    public static TheoryData<string, ServiceType, string, DeploymentConfig, string[]> Parts => new()
    {
        { "part-of-node-workspace", ServiceType.Nodejs, "apps/web", new() { BuildCommand = "npm run build", StartCommand = "npm start" }, ["package.json={}", "package-lock.json={}", "apps/web/package.json={\"dependencies\":{\"@x/money\":\"*\"}}", "packages/codes/package.json={\"name\":\"@x/codes\",\"scripts\":{\"build\":\"tsc\"}}", "packages/money/package.json={\"name\":\"@x/money\",\"scripts\":{\"build\":\"tsc\"},\"dependencies\":{\"@x/codes\":\"*\"}}", "packages/unrelated/package.json={\"name\":\"@x/unrelated\",\"scripts\":{\"build\":\"tsc\"}}", "packages/broken/package.json={"] },
        { "part-of-go-module", ServiceType.Go, "cmd/api", new() { BuildCommand = "go build -o app ./cmd/api", StartCommand = "./app" }, ["go.mod=module x", "go.sum=a", "cmd/api/main.go=package main", "internal/queue/queue.go=package queue"] },
        { "part-of-dotnet-solution", ServiceType.Dotnet, "src/Orders.Api", new(), ["Directory.Build.props=<Project/>", "src/Orders.Api/Orders.Api.csproj=<Project/>", "src/Orders.Data/Orders.Data.csproj=<Project/>"] },
        { "part-of-python-project", ServiceType.Python, "services/api", new(), ["services/api/requirements.txt=-e ../../libs/money\n", "services/api/main.py=", "libs/money/pyproject.toml="] },
    };

    [Theory]
    [MemberData(nameof(Parts))]
    public void A_part_of_a_monorepo_is_built_within_it(string name, ServiceType type, string folder, DeploymentConfig config, string[] files)
    {
        var made = DockerfileWriter.Write(Input(type, 8080, config, files, folder));

        var path = Path.Combine(Expected, $"{name}.Dockerfile");
        if (Environment.GetEnvironmentVariable("KYOZO_ACCEPT") == "1") File.WriteAllText(path, made.Text);
        Assert.Equal(File.ReadAllText(path), made.Text);
    }

    [Fact]
    public void A_network_is_asked_for_only_to_download()
    {
        Assert.True(DockerfileWriter.Write(Input(ServiceType.Python, 80, new(), ["requirements.txt=flask", "main.py="])).NeedsNetwork);
        Assert.False(DockerfileWriter.Write(Input(ServiceType.Python, 80, new(), ["requirements.txt=# none yet\n", "main.py="])).NeedsNetwork);
        Assert.False(DockerfileWriter.Write(Input(ServiceType.Nodejs, 80, new(), ["package.json={}", "server.js="])).NeedsNetwork);
        Assert.False(DockerfileWriter.Write(Input(ServiceType.Static, 80, new(), ["index.html="])).NeedsNetwork);
    }

    [Theory]
    [InlineData("node server.js\nUSER root")]
    [InlineData("node server.js\rRUN true")]
    [InlineData("node\0")]
    public void A_command_cannot_become_an_instruction(string command) =>
        Assert.Throws<DockerfileNotMadeException>(() => DockerfileWriter.Write(Input(ServiceType.Nodejs, 80, new() { StartCommand = command }, ["package.json={}"])));

    [Fact]
    public void What_is_missing_is_said()
    {
        Assert.Contains("start script", Assert.Throws<DockerfileNotMadeException>(() => DockerfileWriter.Write(Input(ServiceType.Nodejs, 80, new(), ["package.json={}"]))).Message);
        Assert.Contains("package.json", Assert.Throws<DockerfileNotMadeException>(() => DockerfileWriter.Write(Input(ServiceType.Nodejs, 80, new(), ["package.json={"]))).Message);
        Assert.Contains("elixir", Assert.Throws<DockerfileNotMadeException>(() => DockerfileWriter.Write(Input(ServiceType.Elixir, 80, new(), []))).Message);
        Assert.Contains("outside", Assert.Throws<DockerfileNotMadeException>(() => DockerfileWriter.Write(Input(ServiceType.Static, 80, new() { OutputPath = "../x" }, []))).Message);
    }

    static DockerfileInput Input(ServiceType type, int? port, DeploymentConfig config, string[] files, string folder = "")
    {
        var contents = files.Select(file => file.Split('=', 2)).ToDictionary(parts => parts[0], parts => parts[1]);
        return new()
        {
            Type = type,
            Config = config,
            Port = port,
            Folder = folder,
            HasInContext = contents.ContainsKey,
            ReadInContext = path => contents.GetValueOrDefault(path),
            FilesInContext = [.. contents.Keys.Order(StringComparer.Ordinal)],
            Base = name => BaseImages.Get(name).Registry,
        };
    }
}
