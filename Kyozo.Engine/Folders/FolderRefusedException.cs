namespace Kyozo.Engine.Folders;

/// <summary>A folder or an upload that Kyozo does not take; the message says why, in words for people.</summary>
public sealed class FolderRefusedException(string message) : Exception(message);
