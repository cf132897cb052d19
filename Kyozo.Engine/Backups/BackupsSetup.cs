using Kyozo.Data;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Kyozo.Engine.Backups;

/// <summary>Registration of backups.</summary>
public static class BackupsSetup
{
    /// <summary>Name of the connection string of another server for the checks, or none.</summary>
    const string CheckConnectionName = "kyozodb_check";

    /// <summary>Everything of this folder.</summary>
    /// <exception cref="InvalidOperationException">A connection string is missing.</exception>
    public static IServiceCollection AddBackups(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<BackupOptions>().Bind(configuration.GetSection("Kyozo:Backup")).ValidateDataAnnotations().ValidateOnStart();
        var elsewhere = configuration.GetConnectionString(CheckConnectionName) is { Length: > 0 } named ? named : null;
        services.AddSingleton(new BackupConnections(
            Require(configuration, KyozoDataSetup.BackupConnectionName), null,
            elsewhere ?? Require(configuration, KyozoDataSetup.MaintenanceConnectionName), elsewhere is not null));
        return services.AddSingleton<BackupRunner>();
    }

    static string Require(IConfiguration configuration, string name) =>
        configuration.GetConnectionString(name) is { Length: > 0 } connectionString
            ? connectionString
            : throw new InvalidOperationException($"ConnectionStrings:{name} is not set. Start Kyozo with `kyozo up` or the AppHost, or set the environment variable ConnectionStrings__{name}.");
}
