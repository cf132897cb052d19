using System.Security.Cryptography;
using System.Text;
using Kyozo.Data.Topology;
using Kyozo.Engine.Folders;

namespace Kyozo.Engine.Topology.Answers;

/// <summary>How a known answer lies on the disk: checksum, head, questions once each, folders, files, topology. Another build of Kyozo, another folder or other limits, and it is none.</summary>
static class AnswerFile
{
    const long MaxBytes = 128L << 20;

    public static KnownAnswer? Read(string path, string root, ScanOptions options)
    {
        if (OwnFile.Read(path, MaxBytes) is not { Length: > SHA256.HashSizeInBytes } bytes || !SHA256.HashData(bytes.AsSpan(SHA256.HashSizeInBytes)).AsSpan().SequenceEqual(bytes.AsSpan(0, SHA256.HashSizeInBytes))) return null;
        var stream = new MemoryStream(bytes, SHA256.HashSizeInBytes, bytes.Length - SHA256.HashSizeInBytes);
        using var reader = new BinaryReader(stream, Encoding.UTF8);
        if (reader.ReadString() != Head(root, options)) return null;
        var questions = new string[reader.ReadInt32()];
        for (var i = 0; i < questions.Length; i++) questions[i] = reader.ReadString();
        var folders = new KnownFolder[reader.ReadInt32()];
        for (var i = 0; i < folders.Length; i++) folders[i] = new(reader.ReadString(), Stamp(reader), reader.ReadString());
        var files = new KnownFile[reader.ReadInt32()];
        for (var i = 0; i < files.Length; i++) files[i] = new(reader.ReadString(), reader.ReadInt64(), Stamp(reader), Answers(reader, questions));
        return new(bytes.AsMemory(SHA256.HashSizeInBytes + (int)stream.Position), folders, files);
    }

    public static void Write(string path, string root, ScanOptions options, KnownAnswer answer)
    {
        var questions = answer.Files.SelectMany(file => file.Answers?.Keys ?? []).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
        var numbers = questions.Index().ToDictionary(pair => pair.Item, pair => pair.Index, StringComparer.Ordinal);
        var stream = new MemoryStream();
        using (var writer = new BinaryWriter(stream, Encoding.UTF8, leaveOpen: true))
        {
            writer.Write(Head(root, options));
            writer.Write(questions.Count);
            foreach (var question in questions) writer.Write(question);
            writer.Write(answer.Folders.Count);
            foreach (var folder in answer.Folders)
            {
                writer.Write(folder.Path);
                Write(writer, folder.Stamp);
                writer.Write(folder.Digest);
            }
            writer.Write(answer.Files.Count);
            foreach (var file in answer.Files)
            {
                writer.Write(file.Path);
                writer.Write(file.Limit);
                Write(writer, file.Stamp);
                writer.Write(file.Answers?.Count ?? -1);
                foreach (var (question, text) in file.Answers ?? new Dictionary<string, string>())
                {
                    writer.Write(numbers[question]);
                    writer.Write(text);
                }
            }
            writer.Write(answer.Json.Span);
        }
        var content = stream.ToArray();
        if (content.Length < MaxBytes) OwnFile.Write(path, SHA256.HashData(content), content);
    }

    /// <summary>The build by its modules' ids, which differ whenever the code does, and what else decides the answer.</summary>
    static string Head(string root, ScanOptions options) =>
        $"kyozo-answer-1 {typeof(AnswerFile).Module.ModuleVersionId} {typeof(FolderTopology).Module.ModuleVersionId} {options.MaxFiles} {options.MaxDepth} {options.MaxManifestBytes} {options.MaxSourceBytes} {options.MaxTotalBytes} {options.MaxSourceFiles} {options.MaxSkipped} {root}";

    static FileStamp? Stamp(BinaryReader reader) => reader.ReadBoolean() ? new(reader.ReadInt64(), reader.ReadInt64(), reader.ReadInt64(), reader.ReadUInt64()) : null;

    static void Write(BinaryWriter writer, FileStamp? stamp)
    {
        writer.Write(stamp is not null);
        if (stamp is null) return;
        writer.Write(stamp.Size);
        writer.Write(stamp.Modified);
        writer.Write(stamp.Changed);
        writer.Write(stamp.Inode);
    }

    static Dictionary<string, string>? Answers(BinaryReader reader, string[] questions)
    {
        var count = reader.ReadInt32();
        if (count < 0) return null;
        var answers = new Dictionary<string, string>(count, StringComparer.Ordinal);
        for (; count > 0; count--) answers[questions[reader.ReadInt32()]] = reader.ReadString();
        return answers;
    }
}
