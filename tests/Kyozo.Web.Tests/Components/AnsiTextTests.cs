using Bunit;
using Kyozo.Data.WorkerApi;
using Kyozo.Web.Components.Logs;

namespace Kyozo.Web.Tests.Components;

/// <summary>SAFETY A-57: what a service prints is text, whatever it prints.</summary>
public sealed class AnsiTextTests
{
    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("\e[31mred\e[0m again", "red again")]
    [InlineData("\e[2Jcleared\e[1;1H", "cleared")]
    [InlineData("\e]8;;javascript:alert(1)\aclick\e]8;;\a", "click")]
    [InlineData("\e]0;title\e\\rest", "rest")]
    [InlineData("loading 1%\rloading 2%", "loading 1%␍loading 2%")]
    [InlineData("nul\0here", "nul␀here")]
    [InlineData("user\u202etxt.exe", "user\ufffdtxt.exe")]
    [InlineData("cut off \e[", "cut off ")]
    [InlineData("cut off \e", "cut off ")]
    [InlineData("\tx", "    x")]
    public void Only_text_is_left(string line, string text)
    {
        Assert.Equal(text, string.Concat(AnsiText.Parse(line).Select(span => span.Text)));
    }

    [Fact]
    public void Colours_become_classes_of_ours()
    {
        Assert.Equal(
            [new AnsiSpan("a", null), new AnsiSpan("b", "a-31"), new AnsiSpan("c", "a-31 a-b"), new AnsiSpan("d", null), new AnsiSpan("e", null)],
            AnsiText.Parse("a\e[31mb\e[1mc\e[md\e[38;5;31me"));
    }

    [Fact]
    public void A_line_of_a_megabyte_is_cut_and_says_so()
    {
        var spans = AnsiText.Parse(new string('x', 1_000_000));

        Assert.Equal(8192, spans[0].Text.Length);
        Assert.Contains("the line goes on", spans[^1].Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Markup_in_a_log_is_shown_and_not_obeyed()
    {
        await using var context = new BunitContext();
        context.JSInterop.Mode = JSRuntimeMode.Loose;
        const string hostile = "<script>alert(1)</script><img src=x onerror=alert(1)>";
        var view = context.Render<LogView>(parameters => parameters.Add(view => view.Lines, [new WorkerLogLine(DateTimeOffset.UnixEpoch, false, hostile, 1)]));

        Assert.Equal(hostile, view.Find(".k-line").TextContent);
        Assert.Empty(view.FindAll("script, img"));
    }
}
