using System.Net;
using System.Text.RegularExpressions;
using Kyozo.Testing;
using Kyozo.Web.Components;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;

namespace Kyozo.Web.Tests.Running;

/// <summary>The portal as it runs, on a real port of 127.0.0.1 over a database of the test's own, in a home of its own.</summary>
public sealed partial class PortalHost : WebApplicationFactory<App>
{
    readonly string? _worker;
    readonly string _connection;
    readonly bool _showSetupLink;

    public PortalHost(TestDatabase database, int port = 0, string? worker = null, string? connectionString = null, bool showSetupLink = false)
    {
        (_connection, _worker, _showSetupLink) = (connectionString ?? database.Portal, worker, showSetupLink);
        Directory.CreateDirectory(Path.Combine(Home, "keys"));
        UseKestrel(port);
        StartServer();
    }

    public string Home { get; } = Directory.CreateTempSubdirectory("kyozo-portal-").FullName;

    public Uri Address => ClientOptions.BaseAddress;

    /// <summary>A browser without a window: keeps cookies, does not follow.</summary>
    public PortalBrowser Browse() => new(Address);

    protected override void ConfigureWebHost(IWebHostBuilder builder)
    {
        builder.UseSetting("ConnectionStrings:kyozodb", _connection);
        builder.UseSetting("KYOZO_HOME", Home);
        // Nobody listens there unless the test says otherwise: the portal has to live without its worker.
        builder.UseSetting("services:worker:http:0", _worker ?? "http://127.0.0.1:1");
        builder.UseSetting("Kyozo:Portal:SignInsPerMinute", "50");
        builder.UseSetting("Kyozo:Portal:ShowSetupLink", $"{_showSetupLink}");
        builder.UseEnvironment("Production");
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        Directory.Delete(Home, recursive: true);
    }
}

/// <summary>Sends plain requests as a browser would, with its cookies and the forms' tokens.</summary>
public sealed partial class PortalBrowser(Uri address) : IDisposable
{
    readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, CookieContainer = new CookieContainer(), UseProxy = false }) { BaseAddress = address };

    public HttpClient Http => _http;

    public Task<HttpResponseMessage> GetAsync(string path, CancellationToken cancellationToken) => _http.GetAsync(new Uri(path, UriKind.Relative), cancellationToken);

    public async Task<string> ReadAsync(string path, CancellationToken cancellationToken)
    {
        using var response = await GetAsync(path, cancellationToken);
        return await response.Content.ReadAsStringAsync(cancellationToken);
    }

    /// <summary>Posts the form on a page: its hidden fields and these.</summary>
    public async Task<HttpResponseMessage> SubmitAsync(string page, IReadOnlyDictionary<string, string> fields, CancellationToken cancellationToken, string? action = null)
    {
        var form = Hidden().Matches(await ReadAsync(page, cancellationToken)).Select(match => KeyValuePair.Create(match.Groups[1].Value, WebUtility.HtmlDecode(match.Groups[2].Value)))
            .Concat(fields).GroupBy(field => field.Key).ToDictionary(group => group.Key, group => group.Last().Value);
        using var content = new FormUrlEncodedContent(form);
        return await _http.PostAsync(new Uri(action ?? page, UriKind.Relative), content, cancellationToken);
    }

    public async Task SignInAsync(string email, string password, CancellationToken cancellationToken)
    {
        using var answer = await SubmitAsync("/account/login", new Dictionary<string, string> { ["Input.User"] = email, ["Input.Password"] = password }, cancellationToken);
        Assert.Equal(HttpStatusCode.Redirect, answer.StatusCode);
    }

    public void Dispose() => _http.Dispose();

    [GeneratedRegex("""<input type="hidden" name="([^"]+)" value="([^"]*)" ?/>""")]
    private static partial Regex Hidden();
}
