using System.Text.RegularExpressions;
using Kyozo.Data;
using Kyozo.Data.Events;
using Kyozo.Data.Permissions;
using Kyozo.Data.Schema;
using Kyozo.Data.Topology;
using Kyozo.Data.WorkerApi;
using Microsoft.EntityFrameworkCore;

namespace Kyozo.Engine.Topology.Corrections;

/// <summary>A correction cannot be, in words for people.</summary>
public sealed class CorrectionRefusedException(string message) : Exception(message);

/// <summary>Stores what people say about findings, and takes it back. The right (modify_config on the workspace) is the caller's to demand.</summary>
public sealed partial class DetectionCorrections(IDbContextFactory<KyozoContext> contexts, EventLog events, TimeProvider clock)
{
    const int MaxInForce = 1000, MaxCommand = 2000;

    /// <summary>Stores a correction in the place of the one in force about the same finding or edge.</summary>
    /// <exception cref="CorrectionRefusedException">A value cannot be.</exception>
    public async Task<Guid> StoreAsync(Actor actor, Guid workspaceId, NewCorrection correction, CancellationToken cancellationToken)
    {
        var path = Checked(correction);
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        // Two who correct the same at once: the second replaces what the first said.
        await db.Database.ExecuteSqlAsync($"SELECT pg_advisory_xact_lock(hashtextextended({workspaceId.ToString()}, 2))", cancellationToken);
        var now = clock.GetUtcNow();
        var inForce = InForce(db, actor.TeamId, workspaceId);
        await inForce.Where(c => c.FolderPath == path && c.ServiceName == correction.Service && c.OtherService == correction.Other)
            .ExecuteUpdateAsync(u => u.SetProperty(c => c.UndoneAt, now).SetProperty(c => c.UndoneBy, actor.UserId), cancellationToken);
        if (await inForce.CountAsync(cancellationToken) >= MaxInForce) throw new CorrectionRefusedException($"This workspace has {MaxInForce} corrections already. Write a kyozo.yaml into its folder instead.");
        var row = new DetectionCorrection
        {
            Id = Guid.CreateVersion7(now),
            TeamId = actor.TeamId,
            WorkspaceId = workspaceId,
            Kind = correction.Kind,
            FolderPath = path,
            ServiceName = correction.Service,
            OtherService = correction.Other,
            Values = correction.Values,
            CorrectedBy = actor.UserId,
            CorrectedAt = now,
        };
        db.Add(row);
        await db.SaveChangesAsync(cancellationToken);
        var data = new { Correction = row.Id, Kind = EnumWord.Of(row.Kind), Folder = path, Service = row.ServiceName, Other = row.OtherService, Values = row.Values.Named() };
        await events.AppendAuditAsync(db, new(actor.TeamId, "detection_corrected", data, actor.UserId, "workspace", workspaceId), cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return row.Id;
    }

    /// <summary>Takes a correction back; one that does not hold any more stays as it is.</summary>
    /// <exception cref="CorrectionRefusedException">The workspace has no such correction.</exception>
    public async Task UndoAsync(Actor actor, Guid workspaceId, Guid correctionId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var row = await db.DetectionCorrections.SingleOrDefaultAsync(c => c.TeamId == actor.TeamId && c.WorkspaceId == workspaceId && c.Id == correctionId, cancellationToken)
            ?? throw new CorrectionRefusedException("That correction is not there.");
        if (row.UndoneAt is not null) return;
        (row.UndoneAt, row.UndoneBy) = (clock.GetUtcNow(), actor.UserId);
        await db.SaveChangesAsync(cancellationToken);
        var data = new { Correction = row.Id, Kind = EnumWord.Of(row.Kind), Folder = row.FolderPath, Service = row.ServiceName, Other = row.OtherService };
        await events.AppendAuditAsync(db, new(actor.TeamId, "detection_correction_undone", data, actor.UserId, "workspace", workspaceId), cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    /// <summary>The corrections in force.</summary>
    public static async Task<IReadOnlyList<Correction>> ReadAsync(KyozoContext db, Guid teamId, Guid workspaceId, CancellationToken cancellationToken)
    {
        var rows = await InForce(db, teamId, workspaceId).AsNoTracking()
            .Join(db.Users, c => c.CorrectedBy, user => user.Id, (c, user) => new { Row = c, user.DisplayName })
            .OrderBy(pair => pair.Row.CorrectedAt).ThenBy(pair => pair.Row.Id).ToListAsync(cancellationToken);
        return rows.ConvertAll(pair => new Correction(pair.Row.Kind, PathOf(pair.Row.FolderPath), pair.Row.ServiceName, pair.Row.OtherService, pair.Row.Values, pair.DisplayName, pair.Row.CorrectedAt));
    }

    static IQueryable<DetectionCorrection> InForce(KyozoContext db, Guid teamId, Guid workspaceId) =>
        db.DetectionCorrections.Where(c => c.TeamId == teamId && c.WorkspaceId == workspaceId && c.UndoneAt == null);

    static string? PathOf(string? folder) => folder is null ? null : folder == "/" ? "." : folder[1..];

    /// <summary>Refuses what cannot be; returns the folder as it is stored.</summary>
    static string? Checked(NewCorrection correction)
    {
        var isEdge = correction.Kind is CorrectionKind.Edge or CorrectionKind.NoEdge;
        if (!ServiceName().IsMatch(correction.Service) || correction.Other is { } other && !ServiceName().IsMatch(other)) throw new CorrectionRefusedException("The name of a service has lower-case letters, digits and '-', at most 63.");
        if (isEdge != correction.Other is not null || correction.Other == correction.Service) throw new CorrectionRefusedException("An edge leads from one service to another.");
        var values = correction.Values;
        if (values.Port is < 0 or > 65535) throw new CorrectionRefusedException($"{values.Port} is no port: 1 to 65535, or 0 for none.");
        foreach (var command in new[] { values.InstallCommand, values.BuildCommand, values.StartCommand })
        {
            if (command is not null && (command.Length > MaxCommand || command.Any(char.IsControl))) throw new CorrectionRefusedException($"A command is one line of at most {MaxCommand} characters.");
        }
        if (values.HealthPath is { Length: > 0 } health && (health[0] != '/' || health.Length > 1000 || health.Any(c => char.IsControl(c) || c == ' '))) throw new CorrectionRefusedException("The health path begins with a slash, for example /health.");
        if (values.EnvVariable is { Length: > 0 } variable && !Variables.IsName(variable)) throw new CorrectionRefusedException($"'{variable}' is no name of a variable: letters, digits and '_', not a digit first.");
        if (correction.Folder is not { } folder) return null;
        var path = Paths.Resolve(".", folder.StartsWith('/') ? folder[1..] : folder);
        if (path is null || path.Length > 4000 || path.Any(char.IsControl)) throw new CorrectionRefusedException($"'{folder}' is no folder inside the workspace.");
        return path == "." ? "/" : "/" + path;
    }

    [GeneratedRegex("^[a-z0-9][a-z0-9-]{0,62}$")]
    private static partial Regex ServiceName();
}
