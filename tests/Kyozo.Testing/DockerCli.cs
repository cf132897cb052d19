using System.Text.Json;

namespace Kyozo.Testing;

/// <summary>Docker's own command line: the witness that says what really happened, independent of our client.</summary>
public static class DockerCli
{
    static readonly string Program = File.Exists("/usr/bin/docker") ? "/usr/bin/docker" : "docker";

    /// <summary>Output of a command that must succeed.</summary>
    public static async Task<string> RunAsync(CancellationToken cancellationToken, params string[] arguments) =>
        (await Command.RunAsync(Program, arguments, cancellationToken)).Succeeded().Trim();

    /// <summary>How a command ended that may fail.</summary>
    public static Task<CommandResult> TryAsync(CancellationToken cancellationToken, params string[] arguments) =>
        Command.RunAsync(Program, arguments, cancellationToken);

    /// <summary><c>docker inspect</c> of one thing.</summary>
    public static async Task<JsonElement> InspectAsync(string id, CancellationToken cancellationToken)
    {
        using var document = JsonDocument.Parse(await RunAsync(cancellationToken, "inspect", id));
        return document.RootElement[0].Clone();
    }
}
