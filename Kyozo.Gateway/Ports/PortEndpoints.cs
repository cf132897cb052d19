using System.Globalization;

namespace Kyozo.Gateway.Ports;

/// <summary>The ports as Kestrel endpoints in configuration. Kestrel opens and closes what changes in it; requests on the other ports go on.</summary>
sealed class PortEndpoints(string healthAddress) : ConfigurationProvider, IConfigurationSource
{
    public IConfigurationProvider Build(IConfigurationBuilder builder) => this;

    public override void Load() => Write([], "");

    /// <summary>Makes exactly these ports the configured ones.</summary>
    public void Set(IEnumerable<int> ports, string address)
    {
        Write(ports, address);
        OnReload();
    }

    /// <summary>The endpoint's address as Kestrel lists it once it is bound.</summary>
    public static string Url(string address, int port) => string.Create(CultureInfo.InvariantCulture, $"http://{address}:{port}");

    void Write(IEnumerable<int> ports, string address)
    {
        var data = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase) { ["Kestrel:Endpoints:health:Url"] = healthAddress };
        foreach (var port in ports)
            data[string.Create(CultureInfo.InvariantCulture, $"Kestrel:Endpoints:port-{port}:Url")] = Url(address, port);
        Data = data;
    }
}
