namespace Kyozo.Engine.Topology;

/// <summary>Which services are on which port, by tables: asked for every address and variable of every service.</summary>
sealed class ServicePorts(IReadOnlyList<Service> services)
{
    readonly Dictionary<int, int> _on = services.Where(service => service.Candidate.Port is not null).CountBy(service => service.Candidate.Port!.Value).ToDictionary();
    readonly Dictionary<int, int> _developedOn = [];

    /// <summary>How many services have that port.</summary>
    public int CountOn(int port) => _on.GetValueOrDefault(port);

    /// <summary>How many programs are reached on that port while somebody works on them.</summary>
    public int DevelopedOn(int port)
    {
        if (!_developedOn.TryGetValue(port, out var count)) _developedOn[port] = count = services.Count(other => IsDevelopmentPort(port, other));
        return count;
    }

    /// <summary>False for a port that tells nobody, whoever asks.</summary>
    public bool MayMeanOne(int port) => CountOn(port) is var count && (count == 1 || count == 0 && DevelopedOn(port) == 1);

    /// <summary>Whether the program is reached on that port while somebody works on it.</summary>
    public static bool IsDevelopmentPort(int port, Service service) => service.Candidate.OutputPath is null && (service.Facts.DevelopmentPorts.Exists(use => use.Port == port) || service.Candidate.Framework switch
    {
        "azure-functions" => port == 7071,
        // php artisan serve, symfony serve
        "laravel" or "symfony" or "lumen" => port == 8000,
        _ => false,
    });
}
