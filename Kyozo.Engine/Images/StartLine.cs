using System.Text.Json;
using System.Text.RegularExpressions;

namespace Kyozo.Engine.Images;

/// <summary>A start command as a CMD line: as a list where it is a plain program with arguments, so that the program gets the engine's signals itself.</summary>
static partial class StartLine
{
    public static string From(string command)
    {
        var trimmed = command.Trim();
        if (Plain().IsMatch(trimmed)) return "CMD " + Json(trimmed.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        // The shell gives way to the one program it starts; with several it stays.
        return Several().IsMatch(trimmed) || trimmed.StartsWith("exec ", StringComparison.Ordinal) ? $"CMD {trimmed}" : $"CMD exec {trimmed}";
    }

    public static string From(IEnumerable<string> arguments) => "CMD " + Json(arguments);

    /// <summary>True when the text has one meaning with a shell and without.</summary>
    public static bool IsPlain(string command) => Plain().IsMatch(command.Trim());

    static string Json(IEnumerable<string> arguments) => "[" + string.Join(", ", arguments.Select(argument => JsonSerializer.Serialize(argument, Relaxed))) + "]";

    static readonly JsonSerializerOptions Relaxed = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    // Variables set before the program (A=b program) need a shell.
    [GeneratedRegex(@"\A[A-Za-z0-9_./@%+:,-]+(?: +[A-Za-z0-9_./:=@%+,-]+)*\z")]
    private static partial Regex Plain();

    [GeneratedRegex(@"[;&|]|\A\w+=")]
    private static partial Regex Several();
}
