using System.Net;
using System.Net.Sockets;
using Kyozo.Data;
using Kyozo.Testing;

namespace Kyozo.Cli.Tests;

/// <summary>The built command as a person runs it, in a home of its own that holds nothing.</summary>
sealed class KyozoCommand : IDisposable
{
    readonly string _folder = Directory.CreateTempSubdirectory("kyozo-cli-").FullName;

    public KyozoCommand()
    {
        Home = new(Path.Combine(_folder, "home"));
        Environment = new() { ["KYOZO_HOME"] = Home.Root, ["ConnectionStrings__kyozodb_admin"] = null };
        // The usual ports may be those of a Kyozo that runs on this machine.
        foreach (var port in (string[])["KYOZO_PORTAL_PORT", "KYOZO_WORKER_PORT", "KYOZO_GATEWAY_PORT", "KYOZO_POSTGRES_PORT"]) Environment[port] = $"{FreePort()}";
    }

    public KyozoHome Home { get; }

    public Dictionary<string, string?> Environment { get; }

    /// <summary>A folder beside the home.</summary>
    public string Folder(string name) => Directory.CreateDirectory(Path.Combine(_folder, name)).FullName;

    public Task<CommandResult> RunAsync(params string[] arguments) =>
        Command.RunAsync(Path.Combine(AppContext.BaseDirectory, "kyozo"), arguments, TestContext.Current.CancellationToken, Environment, _folder);

    static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
