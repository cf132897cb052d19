using Kyozo.Testing;

[assembly: AssemblyFixture(typeof(PostgresFixture))]
