using Kyozo.Data.Topology;
using Kyozo.Engine.Folders;
using Kyozo.Engine.Topology;

namespace Kyozo.Engine.Tests.Topology;

/// <summary>Layouts as they occur in the wild, each a few files: what they are, and on which port.</summary>
public sealed class LayoutTests
{
    [Theory]
    // Node.js and its relatives
    [InlineData("nodejs", 3000, "index.js", "require('http').createServer((q, s) => s.end('x')).listen(process.env.PORT || 3000)", "package.json", """{"main":"index.js"}""")]
    [InlineData("nodejs", null, "index.js", "exports.handler = async (event) => ({ statusCode: 200 });")]
    [InlineData("nodejs", 4500, "package.json", """{"scripts":{"start":"node ./bin/www"},"dependencies":{"express":"4"}}""", ".env", "PORT=4500")]
    [InlineData("nodejs", 8081, "package.json", """{"scripts":{"start":"restify-server --port 8081"},"dependencies":{"restify":"11"}}""")]
    [InlineData("nodejs", 80, "package.json", """{"scripts":{"build":"vite build","dev":"vite"},"devDependencies":{"vite":"6"}}""", "index.html", "<div id=app>", "vite.config.js", "export default {}")]
    [InlineData("nodejs", 3000, "nx.json", "{}", "package.json", """{"dependencies":{"next":"12"}}""", "apps/site/project.json", """{"projectType":"application","targets":{"build":{"executor":"@nrwl/next:build"}}}""", "apps/site/pages/index.tsx", "export default () => null;")]
    [InlineData("bun", 3000, "server.ts", "Bun.serve({ port: 3000, fetch: () => new Response('x') })")]
    [InlineData("deno", 8000, "main.ts", "Deno.serve(() => new Response('x'))")]
    [InlineData("nodejs", 50051, "package.json", """{"scripts":{"start":"node server.js"},"dependencies":{"@grpc/grpc-js":"1"}}""", "server.js", "const server = new grpc.Server();\nserver.bindAsync('0.0.0.0:50051', credentials, () => {});")]
    [InlineData("nodejs", 8081, "package.json", """{"scripts":{"start":"node index.js"},"dependencies":{"ws":"8"}}""", "index.js", "const { WebSocketServer } = require('ws');\nnew WebSocketServer({ port: 8081 });")]
    // Python
    [InlineData("python", 50051, "server.py", "server = grpc.server(pool)\nserver.add_insecure_port('[::]:50051')", "requirements.txt", "grpcio")]
    [InlineData("python", 8765, "server.py", "async with websockets.serve(echo, '0.0.0.0', 8765):\n    pass", "requirements.txt", "websockets")]
    [InlineData("python", 8000, "manage.py", "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'site.settings')\n# django", "requirements.txt", "Django==5.1")]
    [InlineData("python", 5001, "src/app.py", "from flask import Flask\napp = Flask(__name__)\napp.run(port=5001)", "requirements.txt", "flask")]
    [InlineData("python", 8000, "pyproject.toml", "[tool.poetry.dependencies]\npython = \"^3.12\"\nfastapi = \"*\"\nuvicorn = \"*\"", "notes/__init__.py", "", "notes/api.py", "from fastapi import FastAPI\napp = FastAPI()")]
    [InlineData("python", null, "analysis.ipynb", "{}", "environment.yml", "channels:\n  - defaults\ndependencies:\n  - python=3.11\n  - pandas")]
    [InlineData("python", null, "a.py", "print(1)", "b.py", "print(2)")]
    [InlineData("python", null, "notebooks/one.ipynb", "{}")]
    // .NET
    [InlineData("dotnet", 8080, "src/Web/Web.csproj", "<Project Sdk=\"Microsoft.NET.Sdk.Web\"><PropertyGroup><TargetFramework>net9.0</TargetFramework></PropertyGroup></Project>", "tests/Web.Tests/Web.Tests.csproj", "<Project Sdk=\"Microsoft.NET.Sdk\"><ItemGroup><PackageReference Include=\"xunit\" /></ItemGroup></Project>", "App.sln", "")]
    [InlineData("dotnet", 8080, "Site/Site.csproj", "<Project ToolsVersion=\"15.0\"><PropertyGroup><ProjectTypeGuids>{349c5851-65df-11da-9384-00065b846f21}</ProjectTypeGuids><OutputType>Library</OutputType></PropertyGroup></Project>")]
    [InlineData("fsharp", 8080, "App.fsproj", "<Project Sdk=\"Microsoft.NET.Sdk.Web\"/>", "Program.fs", "")]
    [InlineData("dotnet", 8080, "out/Shop.dll", "", "out/Shop.runtimeconfig.json", """{"runtimeOptions":{"framework":{"name":"Microsoft.AspNetCore.App"}}}""")]
    // JVM
    [InlineData("java", 8080, "build.gradle", "plugins { id 'org.springframework.boot' version '3.4.0' }", "src/main/java/A.java", "@SpringBootApplication class A { public static void main(String[] a) {} }")]
    [InlineData("java", 8090, "pom.xml", "<project><dependencies><dependency><artifactId>spring-boot-starter-web</artifactId></dependency></dependencies></project>", "src/main/java/A.java", "class A {}", "src/main/resources/application.yml", "spring:\n  application:\n    name: a\nserver:\n  port: ${PORT:8090}\n")]
    [InlineData("java", null, "app.jar", "")]
    [InlineData("java", null, "Hello.java", "class Hello { public static void main(String[] a) {} }")]
    [InlineData("kotlin", 8080, "settings.gradle.kts", "include(\":server\")", "server/build.gradle.kts", "plugins { kotlin(\"jvm\"); application }\ndependencies { implementation(\"io.ktor:ktor-server-netty:3\") }", "server/src/main/kotlin/A.kt", "fun main() {}")]
    [InlineData("scala", 9000, "build.sbt", "lazy val root = project.enablePlugins(PlayScala)", "app/A.scala", "class A")]
    [InlineData("clojure", 3000, "project.clj", "(defproject a \"1\" :dependencies [[ring/ring-jetty-adapter \"1.13\"]] :main a.core)", "src/a/core.clj", "(ns a.core)")]
    // Go, Rust, C
    [InlineData("go", 8088, "go.mod", "module a\ngo 1.23", "cmd/server/main.go", "package main\nfunc main() { s := http.Server{Addr: \":8088\"} }", "internal/x.go", "package internal")]
    [InlineData("go", null, "hello.go", "package main\nfunc main() {}")]
    [InlineData("go", null, "function.go", "package function\nfunc Handle() {}", "go.mod", "module f\ngo 1.23")]
    [InlineData("rust", 3000, "Cargo.toml", "[package]\nname = \"a\"\n[dependencies]\naxum = \"0.8\"", "src/main.rs", "let l = tokio::net::TcpListener::bind(\"0.0.0.0:3000\").await;\nfn main() {}")]
    [InlineData("cpp", null, "Makefile", "all:\n\tcc main.c", "main.c", "int main() {}")]
    [InlineData("cpp", null, "main.cpp", "int main() {}")]
    // PHP, Ruby, Elixir
    [InlineData("php", 80, "composer.json", """{"require":{"slim/slim":"4"}}""", "public/index.php", "<?php")]
    [InlineData("php", 80, "hello.php", "<?php echo 1;", "about.php", "<?php echo 2;")]
    [InlineData("ruby", 3000, "Gemfile", "gem 'rails'", "config/application.rb", "", "package.json", """{"scripts":{"build":"esbuild app"}}""")]
    [InlineData("ruby", 9292, "config.ru", "run App")]
    [InlineData("ruby", null, "hello.rb", "puts 1")]
    [InlineData("ruby", 4567, "board.rb", "require 'sinatra'\nget '/' do\n  'x'\nend")]
    [InlineData("elixir", 4000, "mix.exs", "defp deps, do: [{:phoenix, \"~> 1.7\"}, {:bandit, \"~> 1.0\"}]")]
    [InlineData("elixir", 4000, "mix.exs", "defp deps, do: [\n{:phoenix, \"~> 1.7\"},\n]", "assets/package.json", """{"devDependencies":{"esbuild":"1"}}""")]
    // Others
    [InlineData("haskell", 3000, "stack.yaml", "resolver: lts-22", "app/Main.hs", "main = scotty 3000 $ get \"/\" $ text \"x\"")]
    [InlineData("haskell", null, "hello.cabal", "executable hello", "Main.hs", "main = print 1")]
    [InlineData("swift", null, "Package.swift", "// swift-tools-version:6.0", "Sources/a/main.swift", "print(1)")]
    [InlineData("dart", null, "main.dart", "void main() {}")]
    [InlineData("cobol", null, "HELLO.CBL", "DISPLAY")]
    [InlineData("zig", null, "src/main.zig", "pub fn main() void {}")]
    // Sites
    [InlineData("static", 80, "index.html", "<h1>x</h1>", "app.js", "alert(1)")]
    [InlineData("static", 80, "about.html", "<h1>x</h1>", "style.css", "")]
    [InlineData("static", 80, "config/_default/hugo.toml", "title = 'x'", "content/a.md", "x", "package.json", """{"devDependencies":{"autoprefixer":"10"}}""")]
    [InlineData("static", 80, "config.toml", "languageCode = 'en'\ntitle = 'x'", "archetypes/default.md", "x")]
    [InlineData("static", 80, "mkdocs.yaml", "site_name: x", "docs/index.md", "x")]
    [InlineData("ruby", null, "Procfile", "web: bundle exec thin start")]
    [InlineData("shell", null, "Procfile", "web: ./serve --quiet")]
    [InlineData("shell", null, "start.sh", "#!/bin/bash\necho x")]
    public void Layout_is_recognised(string type, int? port, params string[] files)
    {
        var topology = Detect(files);

        var service = Assert.Single(topology.Services, service => !service.Type.IsBacking());
        Assert.Equal(type, service.Type.Word());
        Assert.Equal(port, service.Port);
    }

    [Theory]
    [InlineData("scripts.py", "print(1)", "other.rb", "puts 1", "third.rb", "puts 2")]
    [InlineData("a.py", "print(1)", "b.py", "print(2)")]
    public void Files_alone_leave_much_doubt(params string[] files) => Assert.InRange(Detect(files).Services[0].Confidence, 0.3, 0.79);

    [Fact]
    public void Dockerfile_of_another_language_lowers_the_score_and_stays_an_alternative()
    {
        string[] program = ["package.json", """{"scripts":{"start":"node a.js"}}""", "a.js", "1"];
        var agreed = Assert.Single(Detect([.. program, "Dockerfile", "FROM node:22"]).Services);
        var contradicted = Detect([.. program, "Dockerfile", "FROM python:3.12"]);

        Assert.True(Assert.Single(contradicted.Services).Confidence < agreed.Confidence);
        Assert.Equal(ServiceType.Python, contradicted.Services[0].Alternatives[0].Type);
        Assert.Contains(contradicted.Notes, note => note.StartsWith("contradiction in ", StringComparison.Ordinal));
    }

    [Fact]
    public void Solution_of_several_projects_gives_its_programs_and_what_their_libraries_need()
    {
        const string reference = "<ItemGroup><ProjectReference Include=\"..\\Shop.Data\\Shop.Data.csproj\" /></ItemGroup>";
        var topology = Detect(
            "Shop.sln", "",
            "src/Shop.Data/Shop.Data.csproj", "<Project Sdk=\"Microsoft.NET.Sdk\"><ItemGroup><PackageReference Include=\"Npgsql.EntityFrameworkCore.PostgreSQL\" Version=\"9.0.2\" /></ItemGroup></Project>",
            "src/Shop.Web/Shop.Web.csproj", $"<Project Sdk=\"Microsoft.NET.Sdk.Web\">{reference}</Project>",
            "src/Shop.Web/appsettings.json", """{ "ConnectionStrings": { "Shop": "Host=localhost;Database=shop;Username=shop" } }""",
            "src/Shop.Worker/Shop.Worker.csproj", $"<Project Sdk=\"Microsoft.NET.Sdk.Worker\">{reference}<ItemGroup><PackageReference Include=\"RabbitMQ.Client\" Version=\"7.0.0\" /></ItemGroup></Project>",
            "tests/Shop.Tests/Shop.Tests.csproj", "<Project Sdk=\"Microsoft.NET.Sdk\"><ItemGroup><PackageReference Include=\"xunit.v3\" Version=\"1.0.0\" /></ItemGroup></Project>");

        Assert.Equal(["postgres", "rabbitmq", "shop-web", "shop-worker"], topology.Services.Select(service => service.Name).Order(StringComparer.Ordinal));
        Assert.Equal(["shop-web → postgres", "shop-worker → postgres", "shop-worker → rabbitmq"], topology.Dependencies.Select(edge => $"{edge.From} → {edge.To}"));
        Assert.Equal(["src/Shop.Web", "src/Shop.Data"], topology.Services.Single(service => service.Name == "shop-web").Watch);
    }

    [Fact]
    public void Package_of_a_workspace_is_watched_and_brings_its_database()
    {
        var topology = Detect(
            "package.json", """{ "private": true, "workspaces": ["apps/*", "packages/*"] }""",
            "apps/api/package.json", """{ "name": "api", "scripts": { "start": "node server.js" }, "dependencies": { "@shop/db": "*", "express": "5" } }""",
            "apps/api/server.js", "require('express')().listen(3000)",
            "packages/db/package.json", """{ "name": "@shop/db", "main": "index.js", "dependencies": { "pg": "8" } }""",
            "packages/db/index.js", "module.exports = new (require('pg').Pool)({ connectionString: process.env.DATABASE_URL });");

        Assert.Equal(["api", "postgres"], topology.Services.Select(service => service.Name));
        Assert.Equal("DATABASE_URL", Assert.Single(topology.Dependencies).EnvVariable);
        Assert.Equal(["apps/api", "packages/db"], topology.Services[0].Watch);
    }

    [Fact]
    public void Root_that_only_starts_the_packages_below_is_no_service()
    {
        var topology = Detect(
            "package.json", """{ "scripts": { "dev": "concurrently \"npm run dev --prefix server\" \"npm start --prefix client\"" }, "devDependencies": { "concurrently": "8" } }""",
            "client/package.json", """{ "scripts": { "start": "react-scripts start", "build": "react-scripts build" }, "dependencies": { "react-scripts": "5" } }""",
            "server/package.json", """{ "scripts": { "start": "node index.js" }, "dependencies": { "express": "4" } }""",
            "server/index.js", "require('express')().listen(5050)");

        Assert.Equal(["client", "server"], topology.Services.Select(service => service.Name));
    }

    [Theory]
    [InlineData("python", "fastapi", "main.py", "from fastapi import FastAPI\napp = FastAPI()")]
    [InlineData("deno", "oak", "main.ts", "import { Application } from \"https://deno.land/x/oak@v12.6.1/mod.ts\";")]
    [InlineData("ruby", "sinatra", "app.rb", "require 'sinatra'")]
    [InlineData("nodejs", "koa", "server.js", "const Koa = require('koa');\nnew Koa().listen(3000)")]
    public void Framework_is_told_by_what_the_text_imports_where_no_manifest_does(string type, string framework, string file, string text)
    {
        var service = Assert.Single(Detect(file, text).Services);

        Assert.Equal((type, framework), (service.Type.Word(), service.Framework));
    }

    [Theory]
    [InlineData("postgres", "packages/db/schema.prisma", "datasource db {\n  provider = \"postgresql\"\n}")]
    [InlineData("mysql", "packages/db/schema.prisma", "datasource db {\n  provider = \"mysql\"\n}")]
    public void Configuration_of_a_shared_package_tells_what_its_programs_need(string need, string file, string text)
    {
        var topology = Detect(
            "package.json", """{ "private": true, "workspaces": ["apps/*", "packages/*"] }""",
            "apps/api/package.json", """{ "name": "api", "scripts": { "start": "node server.js" }, "dependencies": { "@shop/db": "*", "express": "5" } }""",
            "apps/web/package.json", """{ "name": "web", "scripts": { "build": "vite build" }, "dependencies": { "@shop/db": "*" }, "devDependencies": { "vite": "6" } }""",
            "packages/db/package.json", """{ "name": "@shop/db", "main": "index.js", "dependencies": { "@prisma/client": "6" } }""",
            file, text);

        Assert.Equal($"api → {need}", Assert.Single(topology.Dependencies.Select(edge => $"{edge.From} → {edge.To}")));
    }

    [Fact]
    public void Services_of_one_text_have_the_edges_that_compose_gives_each()
    {
        var topology = Detect(
            "compose.yaml", "services:\n  web:\n    build: app\n    depends_on: [db]\n  worker:\n    build: app\n    command: celery -A tasks worker\n    depends_on: [broker]\n  db:\n    image: postgres:17\n  broker:\n    image: redis:7\n",
            "app/Dockerfile", "FROM python:3.12", "app/requirements.txt", "flask\ncelery\nredis\npsycopg2", "app/tasks.py", "app = Celery(broker='redis://broker:6379/0')", "app/main.py", "from flask import Flask\napp = Flask(__name__)");

        Assert.Equal(["web → db", "worker → broker"], topology.Dependencies.Select(edge => $"{edge.From} → {edge.To}"));
    }

    [Fact]
    public void Client_that_is_part_of_the_language_is_seen_in_the_text() =>
        Assert.Contains(Detect("index.php", "<?php require 'db.php';", "db.php", "<?php $db = mysqli_connect(getenv('DB_HOST'), 'shop');").Services, service => service.Type == ServiceType.Mysql);

    [Theory]
    [InlineData("requirements.txt", "flask\n-e ../common", "requirements.txt", "redis")]
    [InlineData("Cargo.toml", "[package]\nname = \"web\"\n[dependencies]\ncommon = { path = \"../common\" }\n[[bin]]\nname = \"web\"", "Cargo.toml", "[package]\nname = \"common\"\n[dependencies]\nredis = \"0.27\"")]
    public void Folder_that_a_manifest_names_is_watched(string manifest, string text, string sharedManifest, string sharedText)
    {
        var topology = Detect($"web/{manifest}", text, "web/app.py", "from flask import Flask", "web/src/main.rs", "fn main() {}", $"common/{sharedManifest}", sharedText, "common/common/__init__.py", "", "common/src/lib.rs", "");

        Assert.Contains("common", topology.Services.Single(service => service.Name == "web").Watch);
        Assert.Contains(topology.Services, service => service.Type == ServiceType.Redis);
    }

    [Fact]
    public void Front_end_that_calls_a_port_uses_the_service_on_that_port()
    {
        var topology = Detect(
            "client/package.json", """{ "scripts": { "start": "react-scripts start", "build": "react-scripts build" }, "dependencies": { "react-scripts": "5" }, "proxy": "http://localhost:5050" }""",
            "server/package.json", """{ "scripts": { "start": "node index.js" }, "dependencies": { "express": "4", "mongoose": "8" } }""",
            "server/index.js", "require('express')().listen(5050); require('mongoose').connect(process.env.MONGO_URL)");

        Assert.Equal(["client → server", "server → mongodb"], topology.Dependencies.Select(edge => $"{edge.From} → {edge.To}"));
    }

    static FolderTopology Detect(params string[] files) => TopologyAnalyzer.Analyze(new()
    {
        Root = "/folder/wild",
        Name = "wild",
        Files = [.. files.Chunk(2).Select(pair => new SnapshotFile(pair[0], FileInterest.Of(Path.GetFileName(pair[0])) == FileInterest.Level.Name ? null : pair[1])).OrderBy(file => file.Path, StringComparer.Ordinal)],
        Skipped = [],
    });
}
