using System.Text.Json;
using Kyozo.Data;
using Kyozo.Data.Topology;
using Kyozo.Engine.Folders;

namespace Kyozo.Engine.Topology.Answers;

/// <summary>A topology with everything it came from: as long as nothing of that differs, it is what an analysis would find again.</summary>
sealed record KnownAnswer(ReadOnlyMemory<byte> Json, IReadOnlyList<KnownFolder> Folders, IReadOnlyList<KnownFile> Files)
{
    /// <summary>More changes than this and a whole analysis is as quick.</summary>
    const int MaxChanges = 32;

    /// <param name="snapshot">What was analysed.</param>
    /// <param name="trace">What the scan looked at.</param>
    /// <param name="topology">What was found.</param>
    /// <param name="before">The answer before: a file that did not change since answers as it did then.</param>
    public static KnownAnswer Of(FolderSnapshot snapshot, ScanTrace trace, FolderTopology topology, KnownAnswer? before)
    {
        var texts = snapshot.Files.Where(file => file.IsRead).ToDictionary(file => file.Path, StringComparer.Ordinal);
        var known = before?.Files.ToDictionary(file => file.Path, StringComparer.Ordinal);
        var files = new KnownFile[trace.Files.Count];
        Parallel.For(0, files.Length, i => files[i] = KnownFile.Of(trace.Files[i], texts.GetValueOrDefault(trace.Files[i].Path), known?.GetValueOrDefault(trace.Files[i].Path)));
        return new(JsonSerializer.SerializeToUtf8Bytes(topology, KyozoJson.Compact), [.. trace.Folders.Select(folder => new KnownFolder(folder.Path, folder.Stamp, folder.Digest!))], files);
    }

    /// <summary>What was found.</summary>
    public FolderTopology Topology() => JsonSerializer.Deserialize<FolderTopology>(Json.Span, KyozoJson.Compact)!;

    /// <summary>Looks at the disk: folders and files with the stamp they had are the same, the others are listed and asked again.</summary>
    /// <param name="root">The folder's full path.</param>
    /// <param name="options">The limits that the answer was found within.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public bool StillHolds(string root, ScanOptions options, CancellationToken cancellationToken)
    {
        var parallel = new ParallelOptions { CancellationToken = cancellationToken };
        var (differs, changes) = (false, 0);
        // What another may be larger or smaller by: near the limit on all text nothing is taken for granted.
        var bytes = 0L;
        Parallel.For(0, Folders.Count, parallel, (i, state) =>
        {
            if (Folders[i].IsUnchanged(root) || Interlocked.Increment(ref changes) <= MaxChanges && Folders[i].ListsTheSame(root)) return;
            differs = true;
            state.Stop();
        });
        if (differs) return false;
        Parallel.For(0, Files.Count, parallel, (i, state) =>
        {
            var file = Files[i];
            var stamp = RegularFile.Stamp(Path.Combine(root, file.Path));
            Interlocked.Add(ref bytes, stamp?.Size ?? 0);
            if (stamp is not null && stamp == file.Stamp || Interlocked.Increment(ref changes) <= MaxChanges && file.AnswersTheSame(root)) return;
            differs = true;
            state.Stop();
        });
        return !differs && bytes <= options.MaxTotalBytes;
    }
}

/// <summary>A folder that was listed.</summary>
/// <param name="Path">Relative to the root; empty for the root.</param>
/// <param name="Stamp">As it was before it was listed; null when that was too young to be believed.</param>
/// <param name="Digest">Of its entries.</param>
sealed record KnownFolder(string Path, FileStamp? Stamp, string Digest)
{
    public bool IsUnchanged(string root) => Stamp is not null && RegularFile.FolderStamp(System.IO.Path.Combine(root, Path)) == Stamp;

    public bool ListsTheSame(string root)
    {
        try
        {
            // Depth 1 for the root too: what cannot be listed is then a difference, no error.
            return ListedFolder.Of(root, new(Path, 1)).Digest() == Digest;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}

/// <summary>A file that was read, or was to be.</summary>
/// <param name="Path">Relative to the root.</param>
/// <param name="Limit">Up to which size it is read.</param>
/// <param name="Stamp">As it was before it was read; null when that was too young to be believed, or it could not be asked.</param>
/// <param name="Answers">What it answered to what it was asked; null when all of its text counts, or there was none.</param>
sealed record KnownFile(string Path, long Limit, FileStamp? Stamp, IReadOnlyDictionary<string, string>? Answers)
{
    public static KnownFile Of(WalkedFile walked, SnapshotFile? file, KnownFile? before)
    {
        if (file is not { HasText: true, Questions: { All: false } questions }) return new(walked.Path, walked.Limit, walked.Stamp, null);
        var then = before is { Stamp: not null, Answers: { } given } && before.Stamp == walked.Stamp ? given : null;
        return new(walked.Path, walked.Limit, walked.Stamp, questions.Asked.ToDictionary(question => question, question => then?.GetValueOrDefault(question) ?? FileQuestions.Answer(file, question), StringComparer.Ordinal));
    }

    /// <summary>True when it is still a text, and answers as it did.</summary>
    public bool AnswersTheSame(string root)
    {
        if (Answers is null) return false;
        var left = long.MaxValue;
        var file = new SnapshotFile(Path, FileText.Read(System.IO.Path.Combine(root, Path), Limit, ref left).Text);
        return file.HasText && Answers.All(pair => FileQuestions.Answer(file, pair.Key) == pair.Value);
    }
}
