using Kyozo.Data;

namespace Kyozo.Engine.Deployments;

/// <summary>Which installation this is: the label <c>kyozo.installation</c> on everything it makes.</summary>
public sealed class Installation(KyozoHome home, TimeProvider clock)
{
    readonly Lock _gate = new();
    Guid? _id;

    /// <summary>The id, made at its first use.</summary>
    /// <exception cref="InvalidDataException">The file does not hold an id.</exception>
    public Guid Id
    {
        get
        {
            lock (_gate) return _id ??= ReadOrMake(home.InstallationIdFile, clock);
        }
    }

    static Guid ReadOrMake(string path, TimeProvider clock)
    {
        if (!File.Exists(path))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            var made = Guid.CreateVersion7(clock.GetUtcNow());
            var aside = $"{path}.{made:N}";
            File.WriteAllText(aside, made + "\n");
            try
            {
                File.Move(aside, path, overwrite: false);
            }
            catch (IOException) when (File.Exists(path))
            {
                File.Delete(aside);
            }
        }

        return Guid.TryParse(File.ReadAllText(path).Trim(), out var id)
            ? id
            : throw new InvalidDataException($"{path} does not hold the installation's id; it must be one line with the id that the containers carry as label kyozo.installation.");
    }
}
