using System.Security.Cryptography;

namespace Kyozo.Engine.Backups;

/// <summary>Encrypts what is written to it, chunk by chunk (AES-256-GCM). Only <see cref="Complete"/> writes the last chunk: without it the file is one that was cut off.</summary>
sealed class SealingStream : Stream
{
    readonly Stream file;
    readonly BackupHeader header;
    readonly AesGcm cipher;
    readonly byte[] plain;
    readonly byte[] sealedChunk;
    int filled;
    long chunk;

    public SealingStream(Stream file, BackupKey key)
    {
        this.file = file;
        header = BackupHeader.Create(key);
        cipher = new(key.Derive(header.Salt), BackupHeader.TagSize);
        plain = new byte[header.ChunkSize];
        sealedChunk = new byte[header.ChunkSize + BackupHeader.TagSize];
        file.Write(header.Bytes);
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
            if (filled == plain.Length) Seal(last: false);
            var part = Math.Min(buffer.Length, plain.Length - filled);
            buffer[..part].CopyTo(plain.AsSpan(filled));
            filled += part;
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

    public override void Flush() => file.Flush();
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing) cipher.Dispose();
        base.Dispose(disposing);
    }

    void Seal(bool last)
    {
        Span<byte> nonce = stackalloc byte[12];
        BackupHeader.WriteNonce(nonce, chunk++, last);
        cipher.Encrypt(nonce, plain.AsSpan(0, filled), sealedChunk.AsSpan(0, filled), sealedChunk.AsSpan(filled, BackupHeader.TagSize), header.Bytes);
        file.Write(sealedChunk.AsSpan(0, filled + BackupHeader.TagSize));
        filled = 0;
    }
}
