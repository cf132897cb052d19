using Kyozo.Data.ServiceInstances;
using Kyozo.Data.Topology;
using Kyozo.Engine.Deployments;

namespace Kyozo.Engine.Tests.Deployments;

public sealed class ConnectionStringsTests
{
    static readonly ConnectionTarget Database = new("postgres", 5432) { User = "app", Password = "p@ss/word", Database = "app" };

    [Theory]
    [InlineData("postgres://{user}:{password}@{host}:{port}/{database}", "postgres://app:p%40ss%2Fword@postgres:5432/app")]
    [InlineData("Host={host};Port={port};Username={user};Password={password};Database={database}", "Host=postgres;Port=5432;Username=app;Password=p@ss/word;Database=app")]
    [InlineData("{host}", "postgres")]
    [InlineData("{port}", "5432")]
    [InlineData("{other} {host", "{other} {host")]
    public void Placeholders_are_filled(string template, string value) => Assert.Equal(value, ConnectionStrings.Fill(template, Database));

    [Fact]
    public void A_password_that_looks_like_a_placeholder_stays_as_it_is() =>
        Assert.Equal("{host}@db", ConnectionStrings.Fill("{password}@{host}", new("db", null) { Password = "{host}" }));

    [Theory]
    [InlineData(ServiceType.Redis, "redis://redis:6379")]
    [InlineData(ServiceType.Memcached, "redis:6379")]
    [InlineData(ServiceType.Nodejs, "http://redis:6379")]
    public void An_edge_without_a_template_gets_the_usual_address(ServiceType type, string value)
    {
        var target = new ConnectionTarget("redis", 6379);

        Assert.Equal(value, ConnectionStrings.Fill(ConnectionStrings.DefaultTemplate(type, target), target));
    }

    [Theory]
    [InlineData("redis://{host}:{port}/0", "redis://:secret@cache:6379/0")]
    [InlineData("redis://:{password}@{host}:{port}", "redis://:secret@cache:6379")]
    [InlineData("{host}:{port}", "cache:6379")]
    public void An_address_without_an_account_gets_the_servers(string template, string value)
    {
        var target = new ConnectionTarget("cache", 6379) { Password = "secret" };

        Assert.Equal(value, ConnectionStrings.Fill(ConnectionStrings.WithAccount(template, target), target));
    }

    [Fact]
    public void Later_variables_win_port_then_addresses_then_own_then_secrets()
    {
        var (web, db) = (Plans.Service("web"), Plans.Service("db"));
        web.PortMappings = [new(3000, PortProtocol.Http, true)];
        web.DeploymentConfig = new() { Environment = new Dictionary<string, string> { ["MODE"] = "own", ["TOKEN"] = "own" } };
        var edge = new ServiceDependency
        {
            TeamId = Guid.Empty,
            WorkspaceId = Guid.Empty,
            ServiceInstanceId = web.Id,
            DependsOnId = db.Id,
            DependencyType = DependencyType.Requires,
            EnvVariable = "DATABASE_URL",
            ConnectionTemplate = "x://{host}",
        };

        var variables = ServiceEnvironment.Of(web, "production", new Dictionary<string, string> { ["MODE"] = "given" }, [(edge, db, new("db", 5432))], new Dictionary<string, string> { ["TOKEN"] = "secret" });

        Assert.Equal(new Dictionary<string, string> { ["DATABASE_URL"] = "x://db", ["MODE"] = "own", ["PORT"] = "3000", ["TOKEN"] = "secret" }, variables.OrderBy(v => v.Key).ToDictionary());
    }

    [Theory]
    [InlineData("production", "debug=no", "payments=live")]
    [InlineData("staging", "debug=yes", "payments=sandbox")]
    [InlineData("nobody's", "debug=no", null)]
    public void The_deployment_environment_chooses_among_variables(string environment, string debug, string? payments)
    {
        var web = Plans.Service("web");
        web.DeploymentConfig = new()
        {
            Environment = new Dictionary<string, string> { ["DEBUG"] = "debug=no" },
            Environments = new Dictionary<string, IReadOnlyDictionary<string, string>>
            {
                ["production"] = new Dictionary<string, string> { ["PAYMENTS"] = "payments=live" },
                ["staging"] = new Dictionary<string, string> { ["PAYMENTS"] = "payments=sandbox", ["DEBUG"] = "debug=yes" },
            },
        };

        var variables = ServiceEnvironment.Of(web, environment, new Dictionary<string, string>(), [], new Dictionary<string, string>());

        Assert.Equal((debug, payments), (variables["DEBUG"], variables.GetValueOrDefault("PAYMENTS")));
    }

    [Fact]
    public void Parts_of_an_address_go_into_the_variables_their_lines_name()
    {
        var (web, db) = (Plans.Service("web"), Plans.Service("db"));
        var edge = new ServiceDependency
        {
            TeamId = Guid.Empty,
            WorkspaceId = Guid.Empty,
            ServiceInstanceId = web.Id,
            DependsOnId = db.Id,
            DependencyType = DependencyType.Requires,
            EnvVariable = "DB_HOST",
            ConnectionTemplate = "{host}\nDB_PORT={port}\nDB_USER={user}\nDB_PASSWORD={password}",
        };

        var variables = ServiceEnvironment.Of(web, "production", new Dictionary<string, string>(), [(edge, db, new("db", 5432) { User = "app", Password = "p=w" })], new Dictionary<string, string>());

        Assert.Equal(new Dictionary<string, string> { ["DB_HOST"] = "db", ["DB_PASSWORD"] = "p=w", ["DB_PORT"] = "5432", ["DB_USER"] = "app" }, variables.OrderBy(v => v.Key).ToDictionary());
    }
}
