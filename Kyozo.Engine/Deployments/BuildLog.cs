using System.Threading.Channels;
using Kyozo.Data;
using Kyozo.Engine.Secrets;

namespace Kyozo.Engine.Deployments;

/// <summary>The build log of one service in one deployment, a file that grows while it is read; secrets are masked before they reach it.</summary>
sealed class BuildLog : IAsyncDisposable
{
    // A build that prints without end must not fill the disk.
    const long MostBytes = 16L << 20;

    readonly Channel<string> _lines = Channel.CreateUnbounded<string>(new() { SingleReader = true });
    readonly SecretMasker _masker;
    readonly Task _writing;

    public BuildLog(KyozoHome home, Guid deploymentId, Guid serviceId, SecretMasker masker)
    {
        _masker = masker;
        var folder = Path.Combine(home.BuildLogs, deploymentId.ToString());
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(folder);
        else Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        _writing = WriteAsync(Path.Combine(folder, $"{serviceId}.log"));
    }

    public void Write(string line) => _lines.Writer.TryWrite(line);

    public async ValueTask DisposeAsync()
    {
        _lines.Writer.TryComplete();
        await _writing;
    }

    async Task WriteAsync(string path)
    {
        await using var file = new StreamWriter(new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete));
        var left = MostBytes - file.BaseStream.Position;
        while (await _lines.Reader.WaitToReadAsync())
        {
            while (_lines.Reader.TryRead(out var line))
            {
                if (left <= 0) continue;
                var clean = _masker.Clean(line.ReplaceLineEndings(" "));
                left -= clean.Length + 1;
                await file.WriteLineAsync(left > 0 ? clean : "[kyozo] The log is cut here: it is longer than 16 MB.");
            }

            await file.FlushAsync();
        }
    }
}
