namespace Kyozo.Data.WorkerApi;

/// <summary>One file of a folder to upload.</summary>
/// <param name="Path">Relative to the folder, with forward slashes.</param>
/// <param name="Open">Opens its content; called once, when its turn has come.</param>
public sealed record FolderFile(string Path, Func<Stream> Open);

/// <summary>Answer to <see cref="WorkerOperation.Upload"/>.</summary>
/// <param name="Files">Files taken.</param>
/// <param name="Bytes">Their size together.</param>
public sealed record UploadDone(int Files, long Bytes);

/// <summary>Body of <see cref="WorkerOperation.WriteSecret"/>.</summary>
public sealed record SecretValue(string Value)
{
    /// <summary>Never the value: a record prints its members.</summary>
    public override string ToString() => "SecretValue";
}

/// <summary>Answer to <see cref="WorkerOperation.RunJob"/>: the run is under way; its row of <c>job_runs</c> tells the rest.</summary>
public sealed record JobRequested(string Name);

/// <summary>One line of a log stream as it travels: a line of the log, or the word of the permission whose loss ended the stream.</summary>
public sealed record LogFrame(WorkerLogLine? Line, string? Missing = null);
