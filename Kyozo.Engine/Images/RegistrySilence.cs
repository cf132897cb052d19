using System.Text.Json;
using Kyozo.Data;
using Microsoft.Extensions.Options;

namespace Kyozo.Engine.Images;

/// <summary>Remembers in the cache folder which registry did not answer, so that not every build waits for it again.</summary>
public sealed class RegistrySilence(KyozoHome home, IOptions<ImageOptions> options, TimeProvider clock)
{
    readonly Lock _one = new();

    string File => Path.Combine(home.Cache, "registries.json");

    /// <summary>True when that image's registry did not answer a short while ago.</summary>
    public bool Lasts(string image)
    {
        lock (_one) return Read().TryGetValue(RegistryOf(image), out var since) && clock.GetUtcNow() - since < options.Value.RegistrySilence;
    }

    /// <summary>Notes that it did not answer now.</summary>
    public void Remember(string image)
    {
        lock (_one)
        {
            var known = Read();
            known[RegistryOf(image)] = clock.GetUtcNow();
            Directory.CreateDirectory(home.Cache);
            var next = File + ".new";
            System.IO.File.WriteAllText(next, JsonSerializer.Serialize(known));
            System.IO.File.Move(next, File, overwrite: true);
        }
    }

    Dictionary<string, DateTimeOffset> Read()
    {
        try
        {
            return JsonSerializer.Deserialize<Dictionary<string, DateTimeOffset>>(System.IO.File.ReadAllText(File)) ?? [];
        }
        catch (Exception nothing) when (nothing is IOException or JsonException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>The part before the first slash when it looks like a host, else Docker's own.</summary>
    internal static string RegistryOf(string image) =>
        image.IndexOf('/') is > 0 and var slash && image[..slash] is var host && (host.Contains('.') || host.Contains(':') || host == "localhost") ? host : "docker.io";
}
