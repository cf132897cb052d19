namespace Kyozo.Engine.Folders;

/// <summary>What a scan looked at, with what tells that it is still the same.</summary>
/// <param name="Folders">Every folder that was listed.</param>
/// <param name="Files">Every file that was read, or was to be read.</param>
sealed record ScanTrace(IReadOnlyList<WalkedFolder> Folders, IReadOnlyList<WalkedFile> Files);
