using System.Text.Json;
using Kyozo.Data.Topology;

namespace Kyozo.Engine.Topology.Backing;

/// <summary>The table of client libraries (<c>client-libraries.json</c>): which package of which ecosystem speaks to which backing service.</summary>
static class ClientLibraries
{
    static readonly Lazy<Dictionary<(string Ecosystem, string Name), ServiceType>> Table = new(Load);

    /// <summary>What the library speaks to, or null.</summary>
    public static ServiceType? Of(Library library) => Table.Value.TryGetValue((library.Ecosystem, library.Name), out var type) ? type : null;

    static Dictionary<(string, string), ServiceType> Load()
    {
        using var stream = typeof(ClientLibraries).Assembly.GetManifestResourceStream("client-libraries.json")!;
        using var document = JsonDocument.Parse(stream);
        var table = new Dictionary<(string, string), ServiceType>();
        foreach (var ecosystem in document.RootElement.EnumerateObject())
        {
            foreach (var type in ecosystem.Value.EnumerateObject())
            {
                foreach (var name in type.Value.EnumerateArray()) table.TryAdd((ecosystem.Name, name.GetString()!), Enum.Parse<ServiceType>(type.Name, ignoreCase: true));
            }
        }
        return table;
    }
}
