namespace Kyozo.Engine.Containers;

/// <summary>The container engine does not answer.</summary>
public sealed class EngineUnavailableException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>A container of that name exists already.</summary>
public sealed class ContainerNameTakenException(string name) : Exception($"A container named {name} exists already.");

/// <summary>A host port is in use.</summary>
public sealed class PortTakenException(int port, string message) : Exception(message)
{
    /// <summary>The port.</summary>
    public int Port { get; } = port;
}

/// <summary>A build failed; the message names the failing step and its first failing line.</summary>
public sealed class ImageBuildException(string message, IReadOnlyList<string> lastLines) : Exception(message)
{
    /// <summary>The failing step as the engine names it (<c>Step 4/9 : RUN npm ci</c>), or null when it failed before the first.</summary>
    public string? Step { get; init; }

    /// <summary>The line of the output that tells the reason best, or null.</summary>
    public string? FirstFailingLine { get; init; }

    /// <summary>At most 200 lines, the failing one last.</summary>
    public IReadOnlyList<string> LastLines { get; } = lastLines;
}

/// <summary>An image could not be pulled.</summary>
public sealed class ImagePullException(string image, string message) : Exception(message)
{
    /// <summary>The image.</summary>
    public string Image { get; } = image;
}

/// <summary>There is no such container, or no longer.</summary>
public sealed class ContainerNotFoundException(string container) : Exception($"There is no container {container}.")
{
    /// <summary>Its id or name.</summary>
    public string Container { get; } = container;
}

/// <summary>The engine answered and said no; the message is its own word.</summary>
public sealed class EngineRefusedException(string message, Exception? inner = null) : Exception(message, inner);
