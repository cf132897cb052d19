using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Kyozo.Engine.Images;

/// <summary>Whether base images come from a registry.</summary>
public enum RegistryUse
{
    /// <summary>From the registry where it answers, else made here.</summary>
    Auto,
    /// <summary>Only from the registry.</summary>
    Always,
    /// <summary>Made here from the distribution's packages: air-gapped mode.</summary>
    Never,
}

/// <summary>Where images come from (configuration section <c>Kyozo:Images</c>).</summary>
public sealed class ImageOptions
{
    public const string Section = "Kyozo:Images";

    /// <summary>auto, always or never.</summary>
    public RegistryUse Registry { get; set; } = RegistryUse.Auto;

    /// <summary>A registry that did not answer is not asked again for so long.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "30.00:00:00")]
    public TimeSpan RegistrySilence { get; set; } = TimeSpan.FromHours(6);

    /// <summary>A registry that says nothing for so long does not answer.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:05:00")]
    public TimeSpan RegistryPatience { get; set; } = TimeSpan.FromSeconds(8);

    /// <summary>Further images that own Dockerfiles may start from, as prefixes (<c>registry.example.com/team/</c>); <c>*</c> allows every public one.</summary>
    public IList<string> AllowedBases { get; } = [];
}

[OptionsValidator]
sealed partial class ImageOptionsValidator : IValidateOptions<ImageOptions>;

/// <summary>How builds run (configuration section <c>Kyozo:Build</c>).</summary>
public sealed class BuildOptions
{
    public const string Section = "Kyozo:Build";

    /// <summary>PEM file of certificate authorities for downloads during builds; <c>none</c>: no file. Empty: the host's bundle where it has authorities of its own.</summary>
    public string CaCertificates { get; set; } = "";

    /// <summary>npm registry in place of the public one.</summary>
    public string NpmRegistry { get; set; } = "";

    /// <summary>Debian mirror in place of the distribution's own.</summary>
    public string AptMirror { get; set; } = "";

    [Range(typeof(TimeSpan), "00:00:10", "06:00:00")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromMinutes(15);

    /// <summary>Cores of one build.</summary>
    [Range(0.1, 64)]
    public double CpuCores { get; set; } = 2;

    /// <summary>Memory of one build.</summary>
    [Range(64L << 20, 1L << 40)]
    public long MemoryBytes { get; set; } = 2L << 30;

    /// <summary>Most files of one build context.</summary>
    [Range(1, 5_000_000)]
    public int MaxContextFiles { get; set; } = 100_000;

    /// <summary>Most bytes of one build context.</summary>
    [Range(1L << 10, 1L << 40)]
    public long MaxContextBytes { get; set; } = 1L << 30;
}

[OptionsValidator]
sealed partial class BuildOptionsValidator : IValidateOptions<BuildOptions>;
