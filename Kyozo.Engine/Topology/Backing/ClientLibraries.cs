using System.Text.Json;
using Kyozo.Data.Topology;

namespace Kyozo.Engine.Topology.Backing;

/// <summary>The table of client libraries (<c>client-libraries.json</c>): which package of which ecosystem speaks to which backing service.</summary>
static class ClientLibraries
{
    // Strings as keys and a record as value: for other types the runtime would compile the dictionary at every start.
    static readonly Lazy<Dictionary<string, Client>> Table = new(Load);

    sealed record Client(ServiceType Type);

    /// <summary>What the library speaks to, or null.</summary>
    public static ServiceType? Of(Library library) => Table.Value.GetValueOrDefault(Key(library.Ecosystem, library.Name))?.Type;

    static string Key(string ecosystem, string name) => $"{ecosystem}\n{name}";

    static Dictionary<string, Client> Load()
    {
        using var stream = typeof(ClientLibraries).Assembly.GetManifestResourceStream("client-libraries.json")!;
        using var document = JsonDocument.Parse(stream);
        var table = new Dictionary<string, Client>(StringComparer.Ordinal);
        foreach (var ecosystem in document.RootElement.EnumerateObject())
        {
            foreach (var type in ecosystem.Value.EnumerateObject())
            {
                var client = new Client(Enum.Parse<ServiceType>(type.Name, ignoreCase: true));
                foreach (var name in type.Value.EnumerateArray()) table.TryAdd(Key(ecosystem.Name, name.GetString()!), client);
            }
        }
        return table;
    }
}
