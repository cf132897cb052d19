namespace Kyozo.Engine.Containers;

/// <summary>The container engine does not answer.</summary>
public sealed class EngineUnavailableException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>A container of that name exists already.</summary>
public sealed class ContainerNameTakenException(string name) : Exception($"A container named {name} exists already.");

/// <summary>A host port is in use.</summary>
public sealed class PortTakenException(int port, string message) : Exception(message)
{
    public int Port { get; } = port;
}

/// <summary>A build failed.</summary>
public sealed class ImageBuildException(string message, IReadOnlyList<string> lastLines) : Exception(message)
{
    /// <summary>At most 200 lines, the failing one last.</summary>
    public IReadOnlyList<string> LastLines { get; } = lastLines;
}

/// <summary>An image could not be pulled.</summary>
public sealed class ImagePullException(string image, string message) : Exception(message)
{
    public string Image { get; } = image;
}
