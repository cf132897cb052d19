using System.Collections;
using System.Diagnostics;
using Kyozo.Cli.Supervision;
using Kyozo.Data;
using Kyozo.Data.Schema;

namespace Kyozo.Cli.Installation;

/// <summary>The processes of an installation as the supervisor runs them, each with the connection of its own role and no other.</summary>
static class HostSpecs
{
    public const string Postgres = "postgres";
    public const string Gateway = "gateway";
    public const string Worker = "worker";
    public const string Portal = "portal";

    // Settings that a person gave to `kyozo up`: all processes get them.
    static readonly string[] PassedOn = ["Kyozo__", "Docker__", "DOCKER_", "OTEL_", "Logging__", "DOTNET_ROOT"];

    public static ProcessSpec Database(ProcessStartInfo server) => new()
    {
        Name = Postgres,
        Program = server.FileName,
        Arguments = [.. server.ArgumentList],
        Environment = server.Environment.Where(pair => pair.Value is not null).ToDictionary(pair => pair.Key, pair => pair.Value!),
        CleanEnvironment = true,
        WorkingDirectory = server.WorkingDirectory,
        Stop = StopSignal.Interrupt,
        StopGrace = TimeSpan.FromSeconds(60),
    };

    /// <summary>Gateway, worker and portal, in the order in which they are started.</summary>
    public static IReadOnlyList<ProcessSpec> Hosts(
        KyozoHome home, IReadOnlyDictionary<string, string> programs, ConnectionFile connections, Addresses addresses) =>
    [
        Host(home, Gateway, programs["Kyozo.Gateway"], addresses.Gateway, new() { ["ConnectionStrings__kyozodb"] = connections.Gateway }),
        Host(home, Worker, programs["Kyozo.Worker"], addresses.Worker, new()
        {
            ["ConnectionStrings__kyozodb"] = connections.Worker,
            ["ConnectionStrings__kyozodb_maintenance"] = connections.Maintenance,
            ["ConnectionStrings__kyozodb_backup"] = connections.Backup,
        }),
        Host(home, Portal, programs["Kyozo.Web"], addresses.Portal, new()
        {
            ["ConnectionStrings__kyozodb"] = connections.Portal,
            ["services__worker__http__0"] = Origin(addresses.Worker),
            ["Kyozo__Portal__ShowSetupLink"] = "false",
        }),
    ];

    static ProcessSpec Host(KyozoHome home, string name, string program, Uri address, Dictionary<string, string> environment)
    {
        environment["KYOZO_HOME"] = home.Root;
        environment["ASPNETCORE_URLS"] = Origin(address);
        environment["ASPNETCORE_ENVIRONMENT"] = environment["DOTNET_ENVIRONMENT"] = "Production";
        // A line of log is written by the supervisor as it comes; colours would only be noise in the file.
        environment["DOTNET_SYSTEM_CONSOLE_ALLOW_ANSI_COLOR_REDIRECTION"] = "false";
        foreach (var (key, value) in Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().Select(pair => ((string)pair.Key, (string?)pair.Value)))
        {
            if (value is not null && PassedOn.Any(prefix => key.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))) environment.TryAdd(key, value);
        }

        // The folder is the content root: appsettings.json and the portal's files lie there.
        return new() { Name = name, Program = program, Environment = environment, WorkingDirectory = Path.GetDirectoryName(program) };
    }

    static string Origin(Uri address) => address.GetLeftPart(UriPartial.Authority);
}
