using System.Security.Cryptography;

namespace Kyozo.Engine.Backups;

/// <summary>Encrypts what is written to it, chunk by chunk (AES-256-GCM). Only <see cref="Complete"/> writes the last chunk: without it the file is one that was cut off.</summary>
sealed class SealingStream : Stream
{
    readonly Stream _file;
    readonly BackupHeader _header;
    readonly AesGcm _cipher;
    readonly byte[] _plain;
    readonly byte[] _sealedChunk;
    int _filled;
    long _chunk;

    public SealingStream(Stream file, BackupKey key)
    {
        _file = file;
        _header = BackupHeader.Create(key);
        _cipher = new(key.Derive(_header.Salt), BackupHeader.TagSize);
        _plain = new byte[_header.ChunkSize];
        _sealedChunk = new byte[_header.ChunkSize + BackupHeader.TagSize];
        file.Write(_header.Bytes);
    }

    public override bool CanRead => false;
    public override bool CanSeek => false;
    public override bool CanWrite => true;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (buffer.Length > 0)
        {
            // A full chunk waits until there is more: it may be the last.
            if (_filled == _plain.Length) Seal(last: false);
            var part = Math.Min(buffer.Length, _plain.Length - _filled);
            buffer[..part].CopyTo(_plain.AsSpan(_filled));
            _filled += part;
            buffer = buffer[part..];
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Write(buffer.Span);
        return ValueTask.CompletedTask;
    }

    /// <summary>Writes the last chunk.</summary>
    public void Complete() => Seal(last: true);

    public override void Flush() => _file.Flush();
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing) _cipher.Dispose();
        base.Dispose(disposing);
    }

    void Seal(bool last)
    {
        Span<byte> nonce = stackalloc byte[12];
        BackupHeader.WriteNonce(nonce, _chunk++, last);
        _cipher.Encrypt(nonce, _plain.AsSpan(0, _filled), _sealedChunk.AsSpan(0, _filled), _sealedChunk.AsSpan(_filled, BackupHeader.TagSize), _header.Bytes);
        _file.Write(_sealedChunk.AsSpan(0, _filled + BackupHeader.TagSize));
        _filled = 0;
    }
}
