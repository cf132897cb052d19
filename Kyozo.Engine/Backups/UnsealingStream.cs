using System.Security.Cryptography;

namespace Kyozo.Engine.Backups;

/// <summary>Decrypts what a <see cref="SealingStream"/> wrote. It hands out nothing that is not authentic, and ends only where the writer ended.</summary>
sealed class UnsealingStream : Stream
{
    readonly Stream _file;
    readonly BackupHeader _header;
    readonly AesGcm _cipher;
    readonly byte[] _plain;
    byte[] _current;
    byte[] _next;
    int _currentSize;
    int _nextSize;
    int _available;
    int _position;
    long _chunk;

    /// <exception cref="BackupException">It is no backup, or one of another key.</exception>
    public UnsealingStream(Stream file, BackupKey key)
    {
        _file = file;
        _header = BackupHeader.Read(file, key);
        _cipher = new(key.Derive(_header.Salt), BackupHeader.TagSize);
        _plain = new byte[_header.ChunkSize];
        _current = new byte[_header.ChunkSize + BackupHeader.TagSize];
        _next = new byte[_header.ChunkSize + BackupHeader.TagSize];
        _nextSize = file.ReadAtLeast(_next, _next.Length, throwOnEndOfStream: false);
    }

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <exception cref="BackupException">The file was changed or cut off.</exception>
    public override int Read(Span<byte> buffer)
    {
        while (_position == _available)
        {
            if (_chunk > 0 && _nextSize == 0) return 0;
            Unseal();
        }

        var part = Math.Min(buffer.Length, _available - _position);
        _plain.AsSpan(_position, part).CopyTo(buffer);
        _position += part;
        return part;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(Read(buffer.Span));
    }

    public override void Flush() { }
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing) _cipher.Dispose();
        base.Dispose(disposing);
    }

    void Unseal()
    {
        (_current, _next, _currentSize) = (_next, _current, _nextSize);
        _nextSize = _currentSize == _current.Length ? _file.ReadAtLeast(_next, _next.Length, throwOnEndOfStream: false) : 0;
        var size = _currentSize - BackupHeader.TagSize;
        if (size < 0) throw Damaged();
        Span<byte> nonce = stackalloc byte[12];
        BackupHeader.WriteNonce(nonce, _chunk, last: _nextSize == 0);
        try
        {
            _cipher.Decrypt(nonce, _current.AsSpan(0, size), _current.AsSpan(size, BackupHeader.TagSize), _plain.AsSpan(0, size), _header.Bytes);
        }
        catch (AuthenticationTagMismatchException)
        {
            throw Damaged();
        }

        (_available, _position, _chunk) = (size, 0, _chunk + 1);
    }

    BackupException Damaged() => new($"The backup is damaged: from byte {BackupHeader.Size + (_chunk * _current.Length)} on it was changed, put in another order or cut off. Nothing was restored from it; take an older one.");
}
