using Kyozo.Testing;

[assembly: AssemblyFixture(typeof(DockerFixture))]
