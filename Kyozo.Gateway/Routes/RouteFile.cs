using System.Text.Json;
using Kyozo.Data;

namespace Kyozo.Gateway.Routes;

/// <summary>The last table that the database gave, on disk: the gateway serves from it when it starts without a database.</summary>
sealed class RouteFile(KyozoHome home, ILogger<RouteFile> logger)
{
    readonly string _path = Path.Combine(home.Run, "gateway-routes.json");

    public RouteTable Read()
    {
        try
        {
            using var file = File.OpenRead(_path);
            return new(JsonSerializer.Deserialize<IReadOnlyList<RoutedService>>(file, KyozoJson.Indented) ?? []);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return RouteTable.Empty;
        }
        catch (Exception e) when (e is JsonException or ArgumentException)
        {
            logger.LogWarning("{File} cannot be read and is ignored: {Reason}", _path, e.Message);
            return RouteTable.Empty;
        }
    }

    /// <summary>Replaces the file in one step: a gateway killed meanwhile leaves the old one.</summary>
    public void Write(RouteTable table)
    {
        try
        {
            Directory.CreateDirectory(home.Run);
            var next = _path + ".next";
            File.WriteAllBytes(next, JsonSerializer.SerializeToUtf8Bytes(table.Services, KyozoJson.Indented));
            File.Move(next, _path, overwrite: true);
        }
        catch (IOException e)
        {
            // A full disk must not end the traffic.
            logger.LogWarning("The routes could not be saved to {File}: {Reason}", _path, e.Message);
        }
    }
}
