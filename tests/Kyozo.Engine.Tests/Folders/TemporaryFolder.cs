namespace Kyozo.Engine.Tests.Folders;

/// <summary>A folder that goes away with its test.</summary>
sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Kyozo.Engine.Folders.RealPath.Of(Directory.CreateTempSubdirectory("kyozo-test-").FullName);

    public string Make(params string[] parts) => Directory.CreateDirectory(System.IO.Path.Combine([Path, .. parts])).FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
