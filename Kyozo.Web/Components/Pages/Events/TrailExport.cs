using System.Globalization;
using System.Text;
using System.Text.Json;
using Kyozo.Data;
using Kyozo.Data.Events;
using Kyozo.Data.Permissions;
using Kyozo.Web.Authorization;
using Microsoft.AspNetCore.Components.Authorization;

namespace Kyozo.Web.Components.Pages.Events;

/// <summary>
/// GET /audit/export: every line that the filters find, as CSV or JSON lines, page after page as they are read. Each page is read as the person, whose
/// membership and permissions are looked up anew with it; that he exported stands in the trail.
/// </summary>
public static class TrailExport
{
    const int PageSize = 1000;
    static readonly string[] Columns = ["at", "number", "what", "on", "on_id", "who", "who_id", "error", "duration_ms", "data", "id", "hash"];

    public static void MapTrailExport(this IEndpointRouteBuilder routes) => routes.MapGet("/audit/export", ExportAsync).RequireAuthorization();

    static async Task ExportAsync(
        HttpContext http, Portal portal, AuthenticationStateProvider authentication, AccessControl access, EventLog events, TimeProvider clock,
        string? format, string? trail, Guid? service, Guid? actor, string? action, string? from, string? to, string? text, CancellationToken cancellationToken)
    {
        // Outside a circuit nobody has told the provider yet who is signed in.
        ((IHostEnvironmentAuthenticationStateProvider)authentication).SetAuthenticationState(Task.FromResult(new AuthenticationState(http.User)));
        portal.ChosenTeam = Preferences.From(http.Request).Team;
        var filter = TrailFilter.Of(trail, service, actor, action, from, to, text);
        var isCsv = format != "jsonl";
        try
        {
            await portal.WriteAsync(async (db, person, token) =>
            {
                await access.DemandAsync(person, AccessAction.View, AccessTarget.Team(person.TeamId), token);
                await events.AppendAuditAsync(db, new NewAuditEvent(person.TeamId, "trail_exported", new { Format = isCsv ? "csv" : "jsonl", Filter = filter.Query.Where(part => part.Value is not null).ToDictionary() }, person.UserId), token);
                return true;
            }, cancellationToken);
        }
        catch (Exception e) when (e is AccessDeniedException or NoTeamException)
        {
            await TypedResults.Problem(e.Message, statusCode: StatusCodes.Status403Forbidden).ExecuteAsync(http);
            return;
        }

        http.Response.ContentType = isCsv ? "text/csv; charset=utf-8" : "application/x-ndjson";
        http.Response.Headers.CacheControl = "no-store";
        http.Response.Headers.ContentDisposition = $"attachment; filename=\"kyozo-{filter.Trail}-{clock.GetUtcNow():yyyyMMdd-HHmmss}.{(isCsv ? "csv" : "jsonl")}\"";
        await using var body = new StreamWriter(http.Response.Body, new UTF8Encoding(false));
        if (isCsv) await body.WriteAsync(Csv(Columns));
        TrailPage page;
        TrailPlace? place = null;
        do
        {
            var before = place;
            page = await portal.ReadAsync((db, person, token) => TrailSearch.ReadAsync(db, person, filter, before, clock.GetUtcNow(), PageSize, token), cancellationToken);
            foreach (var line in page.Lines) await body.WriteAsync(isCsv ? Csv(Cells(line)) : JsonLine(line));
            await body.FlushAsync(cancellationToken);
            place = page.Older;
        }
        while (place is not null);
    }

    static string?[] Cells(EventLine line) =>
    [
        line.At.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture), line.Sequence.ToString(CultureInfo.InvariantCulture), line.Action, line.Subject,
        line.SubjectId?.ToString(), line.Actor, line.ActorId?.ToString(), line.ErrorHidden ? EventLine.Hidden : line.Error, line.DurationMs?.ToString(CultureInfo.InvariantCulture), line.Data, line.Id.ToString(), line.Hash,
    ];

    static string JsonLine(EventLine line)
    {
        using var data = JsonDocument.Parse(line.Data);
        return JsonSerializer.Serialize(new
        {
            line.At,
            Number = line.Sequence,
            What = line.Action,
            On = line.Subject,
            OnId = line.SubjectId,
            Who = line.Actor,
            WhoId = line.ActorId,
            Error = line.ErrorHidden ? EventLine.Hidden : line.Error,
            line.DurationMs,
            Data = data.RootElement,
            line.Id,
            line.Hash,
        }, KyozoJson.Compact) + "\n";
    }

    /// <summary>One line of CSV (RFC 4180). A cell that a spreadsheet would take for a formula begins with an apostrophe.</summary>
    internal static string Csv(IEnumerable<string?> cells) => string.Join(',', cells.Select(Cell)) + "\r\n";

    static string Cell(string? text)
    {
        if (string.IsNullOrEmpty(text)) return "";
        if (IsFormula(text)) text = "'" + text;
        return text.AsSpan().IndexOfAny("\",\r\n;") < 0 && text == text.Trim() ? text : $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
    }

    // Spreadsheets skip blanks before they look, and take the wide forms as well.
    static bool IsFormula(string text) => text[0] is '\t' or '\r' or '\n' || text.AsSpan().TrimStart() is [var first, ..] && first is '=' or '+' or '-' or '@' or '＝' or '＋' or '－' or '＠' or '|';
}
