using System.Globalization;
using Kyozo.Data.Topology;
using Kyozo.Web.Live;

namespace Kyozo.Web.Components.Pages.Topology;

/// <summary>A finding as somebody corrects it: filled with what was found; only what differs becomes a correction.</summary>
public sealed class CorrectionForm
{
    /// <summary>Empty: as found.</summary>
    public string Type { get; set; } = "";
    public string Port { get; set; } = "";
    public string Install { get; set; } = "";
    public string Build { get; set; } = "";
    public string Start { get; set; } = "";
    public string Health { get; set; } = "";

    public static CorrectionForm Of(DetectedService service) => new()
    {
        Type = service.Type.Word(),
        Port = service.Port?.ToString(CultureInfo.InvariantCulture) ?? "",
        Install = service.InstallCommand ?? "",
        Build = service.BuildCommand ?? "",
        Start = service.StartCommand ?? "",
        Health = service.HealthPath ?? "",
    };

    /// <summary>What differs from the finding, over what was corrected before.</summary>
    /// <exception cref="RefusedException">The port is no number.</exception>
    public CorrectedValues Against(DetectedService service, CorrectedValues before)
    {
        var found = Of(service);
        int? port = Port.Trim() == found.Port ? before.Port
            : Port.Trim().Length == 0 ? 0
            : int.TryParse(Port, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is > 0 and <= 65535 ? number
            : throw new RefusedException($"\"{Port}\" is no port: 1 to 65535, or nothing.");
        return before with
        {
            Type = Type == found.Type ? before.Type : Enum.Parse<ServiceType>(Type, ignoreCase: true),
            Port = port,
            InstallCommand = Changed(Install, found.Install, before.InstallCommand),
            BuildCommand = Changed(Build, found.Build, before.BuildCommand),
            StartCommand = Changed(Start, found.Start, before.StartCommand),
            HealthPath = Changed(Health, found.Health, before.HealthPath),
        };
    }

    static string? Changed(string now, string found, string? before) => now.Trim() == found ? before : now.Trim();
}

/// <summary>A correction in force, as the page shows it.</summary>
public sealed record CorrectionRow(Guid Id, CorrectionKind Kind, string? FolderPath, string ServiceName, string? OtherService, CorrectedValues Values, string By, DateTimeOffset At)
{
    /// <summary>What it says, in a few words.</summary>
    public string What => Kind switch
    {
        CorrectionKind.NoService => $"{ServiceName} is no service",
        CorrectionKind.Edge => $"{ServiceName} → {OtherService}",
        CorrectionKind.NoEdge => $"no edge {ServiceName} → {OtherService}",
        _ when Values.Named().Any() => $"{ServiceName}: {string.Join(", ", Values.Named())}",
        _ => $"{ServiceName} is right as found",
    };

    /// <summary>True when it is about that finding.</summary>
    public bool IsAbout(DetectedService service) => OtherService is null && ServiceName == service.Name && FolderPath == FolderOf(service.Path);

    /// <summary>A folder as corrections name it.</summary>
    public static string? FolderOf(string? path) => path is null ? null : path == "." ? "/" : "/" + path;
}
