namespace Kyozo.Engine.Folders;

/// <summary>What tells that a file is the one that was read: size, the two times of the kernel, and its place on the disk.</summary>
/// <param name="Size">Bytes.</param>
/// <param name="Modified">Last change of the content, nanoseconds since 1970.</param>
/// <param name="Changed">Last change of content, rights or name, nanoseconds since 1970; nobody can set it back.</param>
/// <param name="Inode">Number of the file on its disk.</param>
sealed record FileStamp(long Size, long Modified, long Changed, ulong Inode);
