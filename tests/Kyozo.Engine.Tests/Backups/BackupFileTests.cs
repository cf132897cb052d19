using System.Security.Cryptography;
using Kyozo.Data;
using Kyozo.Engine.Backups;

namespace Kyozo.Engine.Tests.Backups;

public sealed class BackupFileTests : IDisposable
{
    const int Chunk = 64 * 1024;
    const int OnDisk = Chunk + BackupHeader.TagSize;

    readonly string _folder = Directory.CreateTempSubdirectory("kyozo-backup-").FullName;

    BackupKey Key => BackupKey.Of(new KyozoHome(_folder));

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(Chunk - 1)]
    [InlineData(Chunk)]
    [InlineData(Chunk + 1)]
    [InlineData(3 * Chunk)]
    [InlineData((3 * Chunk) + 17)]
    public void What_was_sealed_comes_out_the_same(int size)
    {
        var plain = RandomNumberGenerator.GetBytes(size);

        Assert.Equal(plain, Unseal(Seal(plain)));
    }

    [Fact]
    public void Two_files_of_the_same_content_have_nothing_in_common_but_their_headers_beginning()
    {
        var plain = new byte[Chunk];
        var (one, other) = (Seal(plain), Seal(plain));

        Assert.Equal(one[..22], other[..22]);
        Assert.NotEqual(one[22..54], other[22..54]);
        Assert.NotEqual(one[54..], other[54..]);
    }

    [Theory]
    [InlineData(25)]
    [InlineData(BackupHeader.Size)]
    [InlineData(BackupHeader.Size + OnDisk - 1)]
    [InlineData(BackupHeader.Size + OnDisk)]
    [InlineData(BackupHeader.Size + (2 * OnDisk) + 5)]
    public void A_flipped_bit_is_refused_wherever_it_is(int at)
    {
        var file = Seal(RandomNumberGenerator.GetBytes((2 * Chunk) + 1000));
        file[at] ^= 1;

        Assert.Contains("damaged", Assert.Throws<BackupException>(() => Unseal(file)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(BackupHeader.Size)]
    [InlineData(BackupHeader.Size + 7)]
    [InlineData(BackupHeader.Size + OnDisk)]
    [InlineData(BackupHeader.Size + (2 * OnDisk))]
    [InlineData(BackupHeader.Size + (2 * OnDisk) + 500)]
    public void A_file_that_was_cut_off_is_refused_also_between_two_chunks(int size)
    {
        var file = Seal(RandomNumberGenerator.GetBytes((2 * Chunk) + 1000))[..size];

        Assert.Contains("cut off", Assert.Throws<BackupException>(() => Unseal(file)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Chunks_in_another_order_twice_or_from_another_file_are_refused()
    {
        var file = Seal(RandomNumberGenerator.GetBytes(4 * Chunk));
        byte[] header = file[..BackupHeader.Size];
        byte[] ChunkOf(byte[] of, int number) => of[(BackupHeader.Size + (number * OnDisk))..(BackupHeader.Size + ((number + 1) * OnDisk))];
        byte[][] chunks = [ChunkOf(file, 0), ChunkOf(file, 1), ChunkOf(file, 2), ChunkOf(file, 3)];
        var foreign = ChunkOf(Seal(RandomNumberGenerator.GetBytes(4 * Chunk)), 1);

        Assert.Equal(4 * Chunk, Unseal([.. header, .. chunks[0], .. chunks[1], .. chunks[2], .. chunks[3]]).Length);
        foreach (var changed in (byte[][])[
            [.. header, .. chunks[1], .. chunks[0], .. chunks[2], .. chunks[3]],
            [.. header, .. chunks[0], .. chunks[1], .. chunks[1], .. chunks[3]],
            [.. header, .. chunks[0], .. chunks[1], .. chunks[3]],
            [.. header, .. chunks[0], .. foreign, .. chunks[2], .. chunks[3]],
            [.. file, .. chunks[3]],
            [.. file, 0]])
        {
            Assert.Throws<BackupException>(() => Unseal(changed));
        }
    }

    [Fact]
    public void Another_key_is_told_apart_from_damage_and_the_message_says_what_to_give()
    {
        var file = Seal([1, 2, 3]);
        var another = BackupKey.Of(new KyozoHome(Path.Combine(_folder, "another")));

        var refused = Assert.Throws<BackupException>(() => new UnsealingStream(new MemoryStream(file), another));

        Assert.Contains("another key", refused.Message, StringComparison.Ordinal);
        Assert.Contains("--key", refused.Message, StringComparison.Ordinal);
        Assert.Contains(Key.Id, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_of_something_else_or_of_a_newer_format_is_no_backup()
    {
        Assert.Contains("no backup of Kyozo", Assert.Throws<BackupException>(() => Unseal("PGDMP"u8.ToArray())).Message, StringComparison.Ordinal);

        var newer = Seal([1]);
        newer[9] = 2;
        Assert.Contains("format 2", Assert.Throws<BackupException>(() => Unseal(newer)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void File_and_key_are_their_owners_alone()
    {
        if (OperatingSystem.IsWindows()) return;
        var path = Path.Combine(_folder, "x.part");
        using (BackupFile.Create(path)) { }
        _ = Key;

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(new KyozoHome(_folder).BackupKeyFile));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    byte[] Seal(byte[] plain)
    {
        using var file = new MemoryStream();
        using var backup = new SealingStream(file, Key);
        // In pieces that fit no chunk.
        for (var at = 0; at < plain.Length; at += 10_007) backup.Write(plain.AsSpan(at, Math.Min(10_007, plain.Length - at)));
        backup.Complete();
        return file.ToArray();
    }

    byte[] Unseal(byte[] file)
    {
        using var archive = new UnsealingStream(new MemoryStream(file), Key);
        using var plain = new MemoryStream();
        archive.CopyTo(plain);
        return plain.ToArray();
    }
}
