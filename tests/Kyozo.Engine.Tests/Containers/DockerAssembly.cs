using Kyozo.Testing;

[assembly: AssemblyFixture(typeof(DockerFixture))]
[assembly: AssemblyFixture(typeof(PostgresFixture))]
