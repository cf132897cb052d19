using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Kyozo.Engine.Folders;
using Kyozo.Engine.Topology.Code;
using Kyozo.Engine.Topology.Reading;

namespace Kyozo.Engine.Topology.Answers;

/// <summary>
/// What an analysis asked of one file's text. While the answers stay the same, the analysis would go the same way and end with the same
/// topology: a file that changed need only be asked these again. Who takes the text as a whole depends on all of it.
/// </summary>
sealed class FileQuestions
{
    const string Listens = "!listens", Code = "!code";
    const char Mentioned = '?', Line = '#';

    readonly HashSet<string> _asked = new(StringComparer.Ordinal);
    volatile bool _all;

    /// <summary>Somebody took the whole text.</summary>
    public bool All => _all;

    /// <summary>The questions, in ordinal order.</summary>
    public string[] Asked
    {
        get
        {
            lock (_asked) return [.. _asked.Order(StringComparer.Ordinal)];
        }
    }

    public void TakeAll() => _all = true;

    public void AskMentions(string needle) => Ask(Mentioned + needle);

    public void AskLine(string needle) => Ask(Line + needle);

    public void AskListens() => Ask(Listens);

    public void AskCode() => Ask(Code);

    /// <summary>What a file answers.</summary>
    /// <param name="file">A file that was read.</param>
    /// <param name="question">One of <see cref="Asked"/>.</param>
    public static string Answer(SnapshotFile file, string question) => question switch
    {
        Code => Digest(CodeReader.Of(file)),
        Listens => CodePatterns.Listens().IsMatch(file.RawText!) ? "yes" : "no",
        [Mentioned, .. var needle] => file.RawText!.Contains(needle, StringComparison.Ordinal) ? "yes" : "no",
        [Line, .. var needle] => file.RawText!.IndexOf(needle, StringComparison.Ordinal) is >= 0 and var at ? TextLines.LineAt(file.RawText, at).ToString(CultureInfo.InvariantCulture) : "",
        _ => throw new ArgumentOutOfRangeException(nameof(question), question, "There is no such question."),
    };

    void Ask(string question)
    {
        if (_all) return;
        lock (_asked) _asked.Add(question);
    }

    static string Digest(CodeFacts facts)
    {
        var text = new StringBuilder();
        foreach (var one in facts.Variables) text.Append(one).Append('\n');
        foreach (var one in facts.Addresses) text.Append(one).Append('\n');
        foreach (var one in facts.Ports) text.Append(one).Append('\n');
        foreach (var one in facts.DevelopmentPorts) text.Append(one).Append('\n');
        foreach (var one in facts.Databases) text.Append(one).Append('\n');
        foreach (var one in facts.Names) text.Append(one).Append('\n');
        text.Append(facts.Server).Append('\n').Append(facts.Health);
        return Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
    }
}
