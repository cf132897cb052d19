using Kyozo.Data;
using Kyozo.Data.Events;
using Kyozo.Data.Schema;
using Kyozo.Data.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Kyozo.Engine.DatabaseVolume;

/// <summary>Looks at the database's disk and tells of a change once: in the log, and in the audit trail of the default team.</summary>
public sealed class DatabaseVolumeWatch(
    MaintenanceDataSource database, IDbContextFactory<KyozoContext> contexts, EventLog events, DatabaseVolumeState state, IOptions<DatabaseVolumeOptions> options,
    ILogger<DatabaseVolumeWatch> logger)
{
    string? _folder = options.Value.Path;
    VolumeLevel _told = VolumeLevel.Roomy;

    /// <summary>One look. The level holds at once, also when the database cannot be written to; telling of it is tried again at the next look then.</summary>
    public async Task LookAsync(CancellationToken cancellationToken)
    {
        _folder ??= await FindAsync(cancellationToken);
        if (_folder is null) return;
        var room = DatabaseDisk.Read(_folder);
        var level = VolumePolicy.Judge(room.Used, state.Level, options.Value);
        state.Set(level, room);
        if (level == _told) return;
        if (level is VolumeLevel.Roomy) logger.LogInformation("The database's disk is {Used:0} % full; everything goes on", room.Used * 100);
        else logger.LogWarning("The database's disk is {Used:0} % full, {Free} MiB are left.{Consequence}", room.Used * 100, room.FreeBytes >> 20, level is VolumeLevel.Full ? " Metrics are not stored and nothing is built until there is room." : "");
        await TellAsync(level, room, cancellationToken);
        _told = level;
    }

    async Task TellAsync(VolumeLevel level, DiskRoom room, CancellationToken cancellationToken)
    {
        var action = level switch { VolumeLevel.Full => "database_disk_full", VolumeLevel.Low => "database_disk_low", _ => "database_disk_roomy" };
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await events.AppendAuditAsync(
            db, new(WellKnown.DefaultTeam, action, new { UsedPercent = Math.Round(room.Used * 100), FreeMiB = room.FreeBytes >> 20, Folder = _folder }), cancellationToken);
    }

    async Task<string?> FindAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = await database.OpenAsync(cancellationToken);
            return await DatabaseDisk.FindFolderAsync(connection, cancellationToken);
        }
        catch (NpgsqlException)
        {
            return null;
        }
    }
}
