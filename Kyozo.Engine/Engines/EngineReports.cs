using Kyozo.Data;
using Kyozo.Data.Deployments;
using Kyozo.Data.Tenancy;
using Kyozo.Data.WorkerApi;
using Kyozo.Engine.Containers;
using Microsoft.EntityFrameworkCore;

namespace Kyozo.Engine.Engines;

/// <summary>What the container engine says of itself, and what of it is Kyozo's.</summary>
public sealed class EngineReports(IDbContextFactory<KyozoContext> contexts, IContainerRuntime runtime)
{
    /// <summary>The report; an engine that does not answer is told in it.</summary>
    public async Task<EngineReport> ReadAsync(CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var name = await db.Engines.Where(e => e.Id == WellKnown.LocalEngine).Select(e => e.Name).SingleAsync(cancellationToken);
        var containers = await db.ServiceContainers.CountAsync(c => c.RemovedAt == null && c.Status == ContainerStatus.Running, cancellationToken);
        var used = await db.ServiceContainers.Where(c => c.RemovedAt == null).Select(c => c.ImageId).Distinct().ToListAsync(cancellationToken);
        try
        {
            var engine = await runtime.GetEngineAsync(cancellationToken);
            var images = new List<EngineImage>();
            foreach (var id in used)
            {
                if (await runtime.FindImageAsync(id, cancellationToken) is { } image) images.Add(new(image.Id, image.Tags, image.SizeBytes, null));
            }

            var disk = Disk(engine.RootDirectory);
            return new(
                name, true, engine.Version, engine.ApiVersion, engine.Cpus, engine.MemoryBytes, engine.StorageDriver,
                disk?.TotalSize, disk?.AvailableFreeSpace, containers, images);
        }
        catch (EngineUnavailableException)
        {
            return new(name, false, null, null, null, null, null, null, null, containers, []);
        }
    }

    // The engine's folder is on this machine only when the engine is.
    static DriveInfo? Disk(string folder)
    {
        try
        {
            return Directory.Exists(folder) ? new DriveInfo(folder) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }
}
