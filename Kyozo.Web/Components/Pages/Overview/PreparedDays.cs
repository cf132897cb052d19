using Kyozo.Data;
using Kyozo.Data.Schema;
using Kyozo.Web.Components.Shared;
using Microsoft.EntityFrameworkCore;
using MudBlazor;
using Npgsql;

namespace Kyozo.Web.Components.Pages.Overview;

/// <summary>What installation administrators should know of the days that rows are written to: they run short, or a write was refused.</summary>
public static class PreparedDays
{
    static readonly Look Alarm = new(Tone.Bad, Icons.Material.Rounded.EventBusy, "days missing");

    public static async Task<IReadOnlyList<Attention>> FindAsync(KyozoContext db, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await db.Database.OpenConnectionAsync(cancellationToken);
        var reach = await PartitionDays.ReadAsync((NpgsqlConnection)db.Database.GetDbConnection(), DateOnly.FromDateTime(now.UtcDateTime), cancellationToken);
        var since = now.AddDays(-1);
        var refused = await db.MissingPartitions.AsNoTracking().Where(missing => missing.LastAt > since).OrderBy(missing => missing.TableName).ToListAsync(cancellationToken);
        return
        [
            .. reach.Where(table => table.IsShort).Select(table => new Attention(Alarm, "Database", $"{table}; the job that makes them does not come through", "See the jobs", "/admin/jobs")),
            .. refused.Select(missing => new Attention(
                Alarm, "Database", $"{Say.Count(missing.Writes, "write")} to {missing.TableName} refused for want of a partition, the last {Say.Moment(missing.LastAt)}", "See the partitions", "/admin/database")),
        ];
    }
}
