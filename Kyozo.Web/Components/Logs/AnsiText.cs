using System.Text;

namespace Kyozo.Web.Components.Logs;

/// <summary>A piece of a log line in one style; the classes are ours, the text is text.</summary>
public sealed record AnsiSpan(string Text, string? Class);

/// <summary>
/// A line of somebody's program made safe to show (SAFETY A-57): only SGR colours are understood; every other escape sequence is dropped,
/// other control characters become visible signs, and what turns the direction of writing is taken out. Never a link, never markup.
/// </summary>
public static class AnsiText
{
    const int MaxLength = 8192;

    /// <summary>The line's pieces; a longer one than 8,192 characters is cut, saying so.</summary>
    public static IReadOnlyList<AnsiSpan> Parse(string line)
    {
        var cut = line.Length > MaxLength;
        if (cut) line = line[..MaxLength];
        var spans = new List<AnsiSpan>();
        var text = new StringBuilder();
        var style = new Style();
        for (var i = 0; i < line.Length; i++)
        {
            if (line[i] != '\e')
            {
                Append(text, line[i]);
                continue;
            }

            var end = EndOfSequence(line, i);
            if (end - i > 2 && line[i + 1] == '[' && line[end - 1] == 'm')
            {
                Flush();
                style.Apply(line[(i + 2)..(end - 1)]);
            }

            i = end - 1;
        }

        Flush();
        if (cut) spans.Add(new(" … (the line goes on)", "a-d"));
        return spans;

        void Flush()
        {
            if (text.Length > 0) spans.Add(new(text.ToString(), style.Class));
            text.Clear();
        }
    }

    /// <summary>Index behind the escape sequence that begins at <paramref name="start"/>.</summary>
    static int EndOfSequence(string line, int start)
    {
        if (start + 1 >= line.Length) return line.Length;
        switch (line[start + 1])
        {
            case '[':
                for (var i = start + 2; i < line.Length; i++)
                    if (line[i] is >= '@' and <= '~') return i + 1;
                return line.Length;
            // OSC, DCS, SOS, PM, APC: up to BEL or ESC \
            case ']' or 'P' or 'X' or '^' or '_':
                for (var i = start + 2; i < line.Length; i++)
                {
                    if (line[i] == '\a') return i + 1;
                    if (line[i] == '\e' && i + 1 < line.Length && line[i + 1] == '\\') return i + 2;
                }

                return line.Length;
            default:
                return start + 2;
        }
    }

    static void Append(StringBuilder text, char c)
    {
        if (c is '\t') text.Append("    ");
        else if (c < ' ') text.Append((char)(0x2400 + c));
        else if (c is '\x7f') text.Append('\u2421');
        else if (c is >= '\u0080' and <= '\u009f' or >= '\u202a' and <= '\u202e' or >= '\u2066' and <= '\u2069' or '\u200e' or '\u200f') text.Append('\ufffd');
        else text.Append(c);
    }

    struct Style
    {
        int _colour;
        bool _bold, _dim, _italic, _underline;

        public readonly string? Class
        {
            get
            {
                var names = new List<string>(2);
                if (_colour > 0) names.Add($"a-{_colour}");
                if (_bold) names.Add("a-b");
                if (_dim) names.Add("a-d");
                if (_italic) names.Add("a-i");
                if (_underline) names.Add("a-u");
                return names.Count == 0 ? null : string.Join(' ', names);
            }
        }

        public void Apply(string parameters)
        {
            var codes = parameters.Split(';');
            for (var i = 0; i < codes.Length; i++)
            {
                if (!int.TryParse(codes[i].Length == 0 ? "0" : codes[i], out var code)) continue;
                // 256 and true colours are not shown: skip their arguments.
                if (code is 38 or 48) i += i + 1 < codes.Length && codes[i + 1] == "5" ? 2 : 4;
                else Apply(code);
            }
        }

        void Apply(int code)
        {
            switch (code)
            {
                case 0: this = default; break;
                case 1: _bold = true; break;
                case 2: _dim = true; break;
                case 3: _italic = true; break;
                case 4: _underline = true; break;
                case 22: _bold = _dim = false; break;
                case 23: _italic = false; break;
                case 24: _underline = false; break;
                case 39: _colour = 0; break;
                case >= 30 and <= 37 or >= 90 and <= 97: _colour = code; break;
            }
        }
    }
}
