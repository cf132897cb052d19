using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Kyozo.Engine.Folders;

/// <summary>
/// Lists one folder with what each entry is. On Linux the kernel tells that with the names; .NET would ask once more for every single
/// entry before it says whether it is a link, which is most of the time of a walk.
/// </summary>
static partial class FolderEntries
{
    const int AccessDenied = 13;

    // The head of the C library's struct dirent where pointers have 64 bits.
    const int TypeAt = 18, NameAt = 19;
    const byte Unknown = 0, Folder = 4, Regular = 8, Link = 10;

    internal enum Kind
    {
        File,
        Folder,
        Link,

        /// <summary>A pipe, socket or device, or a file of which this is not known: to be asked.</summary>
        Unsure,
    }

    /// <summary>Takes one entry.</summary>
    internal delegate void Found(FileName name, Kind kind);

    /// <summary>Hands out the entries in the order of the disk.</summary>
    /// <exception cref="UnauthorizedAccessException">It may not be listed.</exception>
    /// <exception cref="IOException">It cannot be listed.</exception>
    public static void Of(string folder, Found found)
    {
        if (OperatingSystem.IsLinux() && nint.Size == 8) OfLinux(folder, found);
        else OfOthers(folder, found);
    }

    static void OfLinux(string folder, Found found)
    {
        var handle = opendir(folder);
        if (handle == 0) throw Problem(folder);
        try
        {
            while (readdir(handle) is not 0 and var entry)
            {
                var name = NameOf(entry);
                if (name is [(byte)'.'] or [(byte)'.', (byte)'.']) continue;
                var known = FileName.Of(name);
                found(known, KindOf(Marshal.ReadByte(entry, TypeAt), folder, known.Text));
            }
            if (Marshal.GetLastPInvokeError() != 0) throw Problem(folder);
        }
        finally
        {
            _ = closedir(handle);
        }
    }

    static unsafe ReadOnlySpan<byte> NameOf(nint entry) => MemoryMarshal.CreateReadOnlySpanFromNullTerminated((byte*)entry + NameAt);

    static Kind KindOf(byte type, string folder, string name) => type switch
    {
        Regular => Kind.File,
        Folder => Kind.Folder,
        Link => Kind.Link,
        // Some file systems leave it open.
        Unknown when new DirectoryInfo(Path.Combine(folder, name)) is { Exists: true } inner => inner.LinkTarget is null ? Kind.Folder : Kind.Link,
        _ => Kind.Unsure,
    };

    static void OfOthers(string folder, Found found)
    {
        foreach (var entry in new DirectoryInfo(folder).EnumerateFileSystemInfos("*", new EnumerationOptions { AttributesToSkip = 0, IgnoreInaccessible = false, RecurseSubdirectories = false }))
            found(FileName.Of(entry.Name), (entry.Attributes & FileAttributes.ReparsePoint) != 0 ? Kind.Link : (entry.Attributes & FileAttributes.Directory) != 0 ? Kind.Folder : Kind.Unsure);
    }

    static Exception Problem(string folder)
    {
        var error = Marshal.GetLastPInvokeError();
        return error == AccessDenied ? new UnauthorizedAccessException($"Access to the path '{folder}' is denied.") : new IOException(new Win32Exception(error).Message);
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint opendir(string path);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint readdir(nint handle);

    [LibraryImport("libc")]
    private static partial int closedir(nint handle);
}
