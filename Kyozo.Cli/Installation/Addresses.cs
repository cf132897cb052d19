using System.Text.Json;
using Kyozo.Data;

namespace Kyozo.Cli.Installation;

/// <summary>Where the processes of this installation listen; written by <c>up</c> to <c>run/addresses.json</c>, so that other commands find them whatever their environment.</summary>
sealed record Addresses(Uri Portal, Uri Worker, Uri Gateway)
{
    /// <summary>The ports that the environment names (<c>KYOZO_PORTAL_PORT</c>, <c>KYOZO_WORKER_PORT</c>, <c>KYOZO_GATEWAY_PORT</c>), else the usual ones.</summary>
    public static Addresses FromEnvironment() => new(
        new($"http://localhost:{Port("KYOZO_PORTAL_PORT", 5080)}"),
        new($"http://127.0.0.1:{Port("KYOZO_WORKER_PORT", 5090)}"),
        new($"http://127.0.0.1:{Port("KYOZO_GATEWAY_PORT", 5092)}"));

    /// <summary>What <c>up</c> wrote, else what the environment says.</summary>
    public static Addresses Read(KyozoHome home)
    {
        var file = FileIn(home);
        return File.Exists(file) ? JsonSerializer.Deserialize<Addresses>(File.ReadAllText(file), KyozoJson.Compact)! : FromEnvironment();
    }

    public void Write(KyozoHome home)
    {
        Directory.CreateDirectory(home.Run);
        File.WriteAllText(FileIn(home), JsonSerializer.Serialize(this, KyozoJson.Indented));
    }

    static string FileIn(KyozoHome home) => Path.Combine(home.Run, "addresses.json");

    static int Port(string variable, int usual)
    {
        var named = Environment.GetEnvironmentVariable(variable);
        if (string.IsNullOrWhiteSpace(named)) return usual;
        return int.TryParse(named, out var port) && port is > 0 and < 65536
            ? port
            : throw new CommandException($"{variable} is \"{named}\"; a port is a number from 1 to 65535, for example {usual}.");
    }
}
