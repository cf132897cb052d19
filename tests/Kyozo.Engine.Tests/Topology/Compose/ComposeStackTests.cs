using Kyozo.Data.Topology;

namespace Kyozo.Engine.Tests.Topology.Compose;

/// <summary>What a compose file's services are made of, where the folder does not say it plainly.</summary>
public sealed class ComposeStackTests
{
    [Fact]
    public void Build_of_the_whole_is_the_program_that_its_Dockerfile_names()
    {
        var found = Snapshots.Detect(
        [
            ("compose.yaml", "services:\n  front:\n    build: { context: ., dockerfile: build/front.Dockerfile }\n  back:\n    build: { context: ., dockerfile: build/back.Dockerfile }\n"),
            ("build/front.Dockerfile", "FROM node:22\nCOPY . .\nRUN npm run build -w apps/site\nCMD [\"node\", \"apps/site/server.js\"]\n"),
            ("build/back.Dockerfile", "FROM node:22\nCOPY . .\nCMD [\"node\", \"apps/orders/server.js\"]\n"),
            ("package.json", """{ "private": true, "workspaces": ["apps/*"] }"""),
            ("apps/site/package.json", """{ "name": "site", "scripts": { "start": "node server.js" }, "dependencies": { "express": "4" } }"""),
            ("apps/site/server.js", "require('express')().listen(3000);"),
            ("apps/orders/package.json", """{ "name": "orders", "scripts": { "start": "node server.js" }, "dependencies": { "fastify": "5" } }"""),
            ("apps/orders/server.js", "require('fastify')().listen({ port: 4000 });"),
        ]);

        Assert.Equal([("back", "apps/orders", "fastify"), ("front", "apps/site", "express")], found.Services.Select(service => (service.Name, service.Path!, service.Framework!)).Order());
    }

    [Fact]
    public void Image_of_a_language_runs_the_program_that_it_mounts_and_scripts_for_another_image_are_no_services()
    {
        var found = Snapshots.Detect(
        [
            ("compose.yaml", "services:\n  web:\n    image: python:3.13\n    command: python app.py\n    volumes: ['./web:/app']\n    ports: ['5000:5000']\n  flows:\n    image: apache/airflow:2.9\n    volumes: ['./flows:/opt/airflow/dags']\n"),
            ("web/app.py", "from flask import Flask\napp = Flask(__name__)\napp.run(port=5000)\n"),
            ("flows/daily.py", "if __name__ == '__main__':\n    print('daily')\n"),
        ]);

        Assert.Equal([("flows", ServiceType.Image, null), ("web", ServiceType.Python, "web")], found.Services.Select(service => (service.Name, service.Type, service.Path)).Order());
    }

    [Fact]
    public void Name_that_nobody_filled_in_is_still_a_service()
    {
        var found = Snapshots.Detect(
        [
            ("compose.yaml", "services:\n  web:\n    image: ${WEB_IMAGE}\n  cache:\n    image: ${CACHE}\n  far:\n    build: https://example.org/far.git\n"),
            (".env.example", "CACHE=redis:7\n"),
        ]);

        Assert.Equal([("cache", ServiceType.Redis), ("far", ServiceType.Image), ("web", ServiceType.Image)], found.Services.Select(service => (service.Name, service.Type)).Order());
    }

    [Theory]
    [InlineData("POSTGRES_USER", false)]
    [InlineData("POSTGRES_DB", false)]
    [InlineData("UPSTREAM_HOST", true)]
    public void Account_of_the_name_of_a_service_is_no_address_of_it(string variable, bool isAddress)
    {
        var found = Snapshots.Detect([("compose.yaml", $"services:\n  wiki:\n    image: acme/wiki\n  db:\n    image: postgres:17\n    environment: {{ {variable}: wiki }}\n")]);

        Assert.Equal(isAddress, found.Dependencies.Any(edge => edge is { From: "db", To: "wiki" }));
    }

    [Theory]
    [InlineData("services:\n  _defaults: { autowire: true }\n  App\\: { resource: ../src/ }\n")]
    [InlineData("apiVersion: v1\nkind: Config\nservices:\n  web: { image: nginx }\n")]
    [InlineData("services:\n  - name: web\n    image: nginx\n")]
    public void File_with_services_that_are_none_of_compose_is_left_alone(string text) =>
        Assert.Empty(Snapshots.Detect([("stack.yml", text)]).Services);

    [Fact]
    public void Configuration_of_a_proxy_below_a_program_is_no_address_that_the_program_calls()
    {
        var found = Snapshots.Detect(
        [
            ("compose.yaml", "services:\n  web:\n    build: .\n    ports: ['8000:8000']\n  worker:\n    build: .\n    command: celery -A shop worker\n"),
            ("Dockerfile", "FROM python:3.13\nCOPY . .\n"),
            ("requirements.txt", "flask\ncelery\n"),
            ("app.py", "from flask import Flask\napp = Flask(__name__)\n"),
            ("proxy/nginx.conf", "upstream shop { server web:8000; }\n"),
        ]);

        Assert.Empty(found.Dependencies);
    }
}
