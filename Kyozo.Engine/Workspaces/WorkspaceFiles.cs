using System.Security.Cryptography;
using Kyozo.Data;
using Kyozo.Data.Schema;
using Kyozo.Data.Topology;
using Kyozo.Engine.Folders;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using NpgsqlTypes;

namespace Kyozo.Engine.Workspaces;

/// <summary>The table <c>files</c>: every file of a workspace, and what the analysis read in those that say something about services.</summary>
public sealed class WorkspaceFiles
{
    /// <summary>Makes the table say what the snapshot says, in the context's transaction. Thousands of rows go through COPY into a temporary table.</summary>
    public async Task ReplaceAsync(
        KyozoContext db, Guid teamId, Guid workspaceId, string root, FolderSnapshot snapshot, FolderTopology topology, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await db.Database.ExecuteSqlRawAsync(
            """
            CREATE TEMPORARY TABLE scanned_files (
                id uuid, path text, size_bytes bigint, modified_at timestamptz, content_hash text, service_metadata jsonb,
                is_service_indicator boolean, detected_technologies text[], analysis_confidence double precision) ON COMMIT DROP
            """,
            cancellationToken);
        await CopyAsync((NpgsqlConnection)db.Database.GetDbConnection(), root, snapshot, Findings(topology), now, cancellationToken);
        await db.Database.ExecuteSqlAsync(
            $"""
            INSERT INTO files AS f (id, team_id, workspace_id, path, size_bytes, modified_at, content_hash, service_metadata,
                                    is_service_indicator, detected_technologies, analysis_confidence, last_analyzed_at)
            SELECT id, {teamId}, {workspaceId}, path, size_bytes, modified_at, content_hash, service_metadata,
                   is_service_indicator, detected_technologies, analysis_confidence, {now} FROM scanned_files
            ON CONFLICT (workspace_id, path) DO UPDATE SET
                size_bytes = excluded.size_bytes, modified_at = excluded.modified_at, content_hash = excluded.content_hash,
                service_metadata = excluded.service_metadata, is_service_indicator = excluded.is_service_indicator,
                detected_technologies = excluded.detected_technologies, analysis_confidence = excluded.analysis_confidence,
                last_analyzed_at = excluded.last_analyzed_at
            """,
            cancellationToken);
        await db.Database.ExecuteSqlAsync(
            $"DELETE FROM files f WHERE f.team_id = {teamId} AND f.workspace_id = {workspaceId} AND NOT EXISTS (SELECT FROM scanned_files s WHERE s.path = f.path)",
            cancellationToken);
    }

    static async Task CopyAsync(
        NpgsqlConnection connection, string root, FolderSnapshot snapshot, Dictionary<string, Finding> findings, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var copy = await connection.BeginBinaryImportAsync("COPY scanned_files FROM STDIN (FORMAT BINARY)", cancellationToken);
        foreach (var file in snapshot.Files)
        {
            var info = new FileInfo(Path.Combine(root, file.Path));
            if (!info.Exists) continue;

            var finding = findings.GetValueOrDefault(file.Path);
            await copy.StartRowAsync(cancellationToken);
            await copy.WriteAsync(Guid.CreateVersion7(now), NpgsqlDbType.Uuid, cancellationToken);
            await copy.WriteAsync("/" + file.Path, NpgsqlDbType.Text, cancellationToken);
            await copy.WriteAsync(info.Length, NpgsqlDbType.Bigint, cancellationToken);
            await copy.WriteAsync(new DateTimeOffset(info.LastWriteTimeUtc, TimeSpan.Zero), NpgsqlDbType.TimestampTz, cancellationToken);
            await WriteAsync(copy, finding is null ? null : Hash(info.FullName), NpgsqlDbType.Text, cancellationToken);
            await WriteAsync(copy, finding is null ? null : KyozoJson.Column(new { finding.Services, finding.Signals }), NpgsqlDbType.Jsonb, cancellationToken);
            await copy.WriteAsync(finding is not null, NpgsqlDbType.Boolean, cancellationToken);
            await copy.WriteAsync(finding?.Technologies.ToArray() ?? [], NpgsqlDbType.Array | NpgsqlDbType.Text, cancellationToken);
            if (finding is null) await copy.WriteNullAsync(cancellationToken);
            else await copy.WriteAsync(finding.Confidence, NpgsqlDbType.Double, cancellationToken);
        }

        await copy.CompleteAsync(cancellationToken);
    }

    static Task WriteAsync(NpgsqlBinaryImporter copy, string? value, NpgsqlDbType type, CancellationToken cancellationToken) =>
        value is null ? copy.WriteNullAsync(cancellationToken) : copy.WriteAsync(value, type, cancellationToken);

    // By file: the services that it speaks for, and what was seen in it.
    static Dictionary<string, Finding> Findings(FolderTopology topology)
    {
        var findings = new Dictionary<string, Finding>();
        foreach (var service in topology.Services)
        {
            foreach (var evidence in service.Evidence)
            {
                if (!findings.TryGetValue(evidence.File, out var finding)) findings[evidence.File] = finding = new();
                finding.Services.Add(service.Name);
                finding.Signals.Add(evidence.Signal);
                finding.Technologies.Add(EnumWord.Of(service.Type));
                if (service.Framework is not null) finding.Technologies.Add(service.Framework);
                finding.Confidence = Math.Max(finding.Confidence, service.Confidence);
            }
        }

        return findings;
    }

    static string? Hash(string path)
    {
        try
        {
            var (handle, _) = RegularFile.Open(path);
            if (handle is null) return null;
            using var stream = new FileStream(handle, FileAccess.Read);
            return Convert.ToHexStringLower(SHA256.HashData(stream));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    sealed class Finding
    {
        public SortedSet<string> Services { get; } = [];

        public SortedSet<string> Signals { get; } = [];

        public SortedSet<string> Technologies { get; } = [];

        public double Confidence { get; set; }
    }
}
