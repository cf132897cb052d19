using System.Security.Cryptography;

namespace Kyozo.Engine.Backups;

/// <summary>Decrypts what a <see cref="SealingStream"/> wrote. It hands out nothing that is not authentic, and ends only where the writer ended.</summary>
sealed class UnsealingStream : Stream
{
    readonly Stream file;
    readonly BackupHeader header;
    readonly AesGcm cipher;
    readonly byte[] plain;
    byte[] current;
    byte[] next;
    int currentSize;
    int nextSize;
    int available;
    int position;
    long chunk;

    /// <exception cref="BackupException">It is no backup, or one of another key.</exception>
    public UnsealingStream(Stream file, BackupKey key)
    {
        this.file = file;
        header = BackupHeader.Read(file, key);
        cipher = new(key.Derive(header.Salt), BackupHeader.TagSize);
        plain = new byte[header.ChunkSize];
        current = new byte[header.ChunkSize + BackupHeader.TagSize];
        next = new byte[header.ChunkSize + BackupHeader.TagSize];
        nextSize = file.ReadAtLeast(next, next.Length, throwOnEndOfStream: false);
    }

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <exception cref="BackupException">The file was changed or cut off.</exception>
    public override int Read(Span<byte> buffer)
    {
        while (position == available)
        {
            if (chunk > 0 && nextSize == 0) return 0;
            Unseal();
        }

        var part = Math.Min(buffer.Length, available - position);
        plain.AsSpan(position, part).CopyTo(buffer);
        position += part;
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
        if (disposing) cipher.Dispose();
        base.Dispose(disposing);
    }

    void Unseal()
    {
        (current, next, currentSize) = (next, current, nextSize);
        nextSize = currentSize == current.Length ? file.ReadAtLeast(next, next.Length, throwOnEndOfStream: false) : 0;
        var size = currentSize - BackupHeader.TagSize;
        if (size < 0) throw Damaged();
        Span<byte> nonce = stackalloc byte[12];
        BackupHeader.WriteNonce(nonce, chunk, last: nextSize == 0);
        try
        {
            cipher.Decrypt(nonce, current.AsSpan(0, size), current.AsSpan(size, BackupHeader.TagSize), plain.AsSpan(0, size), header.Bytes);
        }
        catch (AuthenticationTagMismatchException)
        {
            throw Damaged();
        }

        (available, position, chunk) = (size, 0, chunk + 1);
    }

    BackupException Damaged() => new($"The backup is damaged: from byte {BackupHeader.Size + (chunk * current.Length)} on it was changed, put in another order or cut off. Nothing was restored from it; take an older one.");
}
