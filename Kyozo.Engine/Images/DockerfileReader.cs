using System.Text;
using System.Text.RegularExpressions;

namespace Kyozo.Engine.Images;

/// <summary>One instruction of a Dockerfile.</summary>
/// <param name="Line">1-based line it begins at.</param>
/// <param name="Name">In upper case: <c>FROM</c>.</param>
/// <param name="Flags">What begins with <c>--</c> before the arguments.</param>
/// <param name="Arguments">The rest, continued lines joined.</param>
public sealed record DockerfileInstruction(int Line, string Name, IReadOnlyList<string> Flags, string Arguments)
{
    /// <summary>Value of a flag (<c>--from=build</c> → <c>build</c>), or null.</summary>
    public string? Flag(string name) => Flags.FirstOrDefault(flag => flag.StartsWith($"--{name}=", StringComparison.OrdinalIgnoreCase))?[(name.Length + 3)..];
}

/// <summary>Splits a Dockerfile into instructions as the classic builder does: escape directive, continued lines, comments between them.</summary>
public static partial class DockerfileReader
{
    public static IReadOnlyList<DockerfileInstruction> Read(string text)
    {
        var escape = EscapeDirective().Match(text) is { Success: true } directive ? directive.Groups["escape"].Value[0] : '\\';
        var instructions = new List<DockerfileInstruction>();
        var joined = new StringBuilder();
        var begin = 0;
        var lines = text.TrimStart('\uFEFF').Split('\n');
        for (var i = 0; i < lines.Length; i++)
        {
            var line = lines[i].TrimEnd('\r').TrimEnd();
            var bare = line.TrimStart();
            // Comments and empty lines do not end a continued instruction.
            if (bare.Length == 0 || bare.StartsWith('#')) continue;
            if (joined.Length == 0) begin = i + 1;
            if (line.EndsWith(escape))
            {
                joined.Append(line[..^1]).Append(' ');
                continue;
            }

            joined.Append(line);
            Add();
        }

        if (joined.Length > 0) Add();
        return instructions;

        void Add()
        {
            instructions.Add(Split(begin, joined.ToString().Trim()));
            joined.Clear();
        }
    }

    static DockerfileInstruction Split(int line, string text)
    {
        var (name, rest) = Cut(text);
        var flags = new List<string>();
        while (rest.StartsWith("--", StringComparison.Ordinal))
        {
            (var flag, rest) = Cut(rest);
            flags.Add(flag);
        }

        return new(line, name.ToUpperInvariant(), flags, rest);
    }

    static (string First, string Others) Cut(string text)
    {
        var end = text.AsSpan().IndexOfAny(' ', '\t');
        return end < 0 ? (text, "") : (text[..end], text[end..].TrimStart());
    }

    [GeneratedRegex(@"\A\uFEFF?(?:\s*#[^\n]*\n)*?\s*#\s*escape\s*=\s*(?<escape>[\\`])\s*(?:\n|\z)", RegexOptions.IgnoreCase)]
    private static partial Regex EscapeDirective();
}
