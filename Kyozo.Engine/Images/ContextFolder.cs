using System.Text;
using Kyozo.Engine.Folders;
using Microsoft.Win32.SafeHandles;

namespace Kyozo.Engine.Images;

/// <summary>A folder cannot become a build context; the message names the path and what to do.</summary>
public sealed class BuildContextException(string message) : Exception(message);

/// <summary>The files of a folder that a build may see: regular ones only, no link followed, nothing that is ignored or never sent.</summary>
public sealed class ContextFolder
{
    const int MaxDepth = 64;
    const long MaxTextBytes = 4L << 20;

    readonly SortedDictionary<string, int> _leftOut = new(StringComparer.Ordinal);

    ContextFolder(string root) => Root = root;

    /// <summary>Absolute folder, every link on the way to it resolved.</summary>
    public string Root { get; }

    /// <summary>Relative paths with forward slashes, in ordinal order.</summary>
    public IReadOnlyList<string> Files { get; private set; } = [];

    /// <summary>Reason → how many files and folders were left out for it.</summary>
    public IReadOnlyDictionary<string, int> LeftOut => _leftOut;

    /// <summary>Lists the folder.</summary>
    /// <exception cref="BuildContextException">No such folder, or more files than <see cref="BuildOptions.MaxContextFiles"/>.</exception>
    public static ContextFolder List(string folder, DockerIgnore ignore, ContextScope scope, BuildOptions options, CancellationToken cancellationToken)
    {
        if (!Directory.Exists(folder)) throw new BuildContextException($"There is no folder {folder}.");
        var context = new ContextFolder(RealPath.Of(folder));
        var files = new List<string>();
        var folders = new Stack<(string Path, int Depth)>([("", 0)]);
        while (folders.TryPop(out var current))
        {
            cancellationToken.ThrowIfCancellationRequested();
            foreach (var entry in context.Entries(current.Path))
            {
                var path = current.Path.Length == 0 ? entry.Name : $"{current.Path}/{entry.Name}";
                if (entry.LinkTarget is not null) context.LeaveOut("symbolic link, not followed");
                else if (entry is DirectoryInfo)
                {
                    if (NeverSent.Folder(entry.Name)) context.LeaveOut("never sent to a build");
                    else if (!ignore.BringsBack && ignore.Ignores(path)) context.LeaveOut(".dockerignore");
                    else if (!scope.Enters(path)) continue;
                    else if (current.Depth >= MaxDepth) context.LeaveOut($"deeper than {MaxDepth} folders");
                    else folders.Push((path, current.Depth + 1));
                }
                else if (NeverSent.File(entry.Name)) context.LeaveOut("never sent to a build");
                else if (ignore.Ignores(path)) context.LeaveOut(".dockerignore");
                else files.Add(path);
            }

            if (files.Count > options.MaxContextFiles)
                throw new BuildContextException($"{folder} holds more than {options.MaxContextFiles} files. Leave out with a .dockerignore what the build does not need.");
        }

        files.Sort(string.CompareOrdinal);
        context.Files = files;
        return context;
    }

    public bool Has(string path) => ((List<string>)Files).BinarySearch(path, StringComparer.Ordinal) >= 0;

    /// <summary>Text of one of <see cref="Files"/>, or null when it is not there, too large or not to be read.</summary>
    public string? Read(string path)
    {
        if (!Has(path) || Open(path, out _) is not { } handle) return null;
        using var stream = new FileStream(handle, FileAccess.Read, bufferSize: 1);
        if (stream.Length > MaxTextBytes) return null;
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }

    /// <summary>Opens one of <see cref="Files"/>; null, counted with its reason, when it is no regular file or has become something else.</summary>
    internal SafeFileHandle? Open(string path, out bool executable)
    {
        executable = false;
        var full = Path.Combine(Root, path);
        var (handle, reason) = RegularFile.Open(full);
        if (handle is null)
        {
            LeaveOut(reason ?? "cannot be read");
            return null;
        }

        if (OperatingSystem.IsLinux())
        {
            // A folder on the way may have become a link since it was listed: the kernel says what was really opened.
            var opened = new FileInfo($"/proc/self/fd/{handle.DangerousGetHandle()}").LinkTarget;
            if (opened != full)
            {
                handle.Dispose();
                LeaveOut("changed while it was read");
                return null;
            }
        }

        if (!OperatingSystem.IsWindows()) executable = (File.GetUnixFileMode(handle) & UnixFileMode.UserExecute) != 0;
        return handle;
    }

    internal void LeaveOut(string reason) => _leftOut[reason] = _leftOut.GetValueOrDefault(reason) + 1;

    FileSystemInfo[] Entries(string folder)
    {
        try
        {
            var entries = new DirectoryInfo(Path.Combine(Root, folder)).GetFileSystemInfos();
            Array.Sort(entries, (a, b) => string.CompareOrdinal(a.Name, b.Name));
            return entries;
        }
        catch (UnauthorizedAccessException)
        {
            LeaveOut("cannot be read: permission denied");
            return [];
        }
    }
}
