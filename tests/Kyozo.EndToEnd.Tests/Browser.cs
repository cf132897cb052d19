using Microsoft.Playwright;

namespace Kyozo.EndToEnd.Tests;

/// <summary>A real Chromium without a window. It asks nobody but the portal: everything else it asks for is written down.</summary>
public sealed class Browser : IAsyncDisposable
{
    readonly IPlaywright _driver;
    readonly IBrowser _browser;
    readonly Uri _portal;

    Browser(IPlaywright driver, IBrowser browser, Uri portal) => (_driver, _browser, _portal) = (driver, browser, portal);

    /// <summary>Addresses outside the portal that pages asked for, and errors that they wrote to the console.</summary>
    public List<string> Complaints { get; } = [];

    public static async Task<Browser> StartAsync(Uri portal)
    {
        var driver = await Playwright.CreateAsync();
        var browser = await driver.Chromium.LaunchAsync(new()
        {
            ExecutablePath = Environment.GetEnvironmentVariable("KYOZO_TEST_CHROMIUM") ?? "/usr/bin/chromium",
            Args = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"],
        });
        return new(driver, browser, portal);
    }

    /// <summary>A page with cookies of its own.</summary>
    public async Task<IPage> OpenAsync(bool dark = false, int width = 1440, int height = 900)
    {
        var context = await _browser.NewContextAsync(new()
        {
            BaseURL = _portal.ToString(),
            ViewportSize = new() { Width = width, Height = height },
            ColorScheme = dark ? ColorScheme.Dark : ColorScheme.Light,
            ReducedMotion = ReducedMotion.Reduce,
        });
        context.SetDefaultTimeout(30_000);
        var page = await context.NewPageAsync();
        page.Request += (_, request) =>
        {
            if (!request.Url.StartsWith(_portal.ToString(), StringComparison.Ordinal) && !request.Url.StartsWith("data:", StringComparison.Ordinal) && !request.Url.StartsWith("blob:", StringComparison.Ordinal))
                Complaints.Add($"asked for {request.Url}");
        };
        page.Console += (_, message) =>
        {
            if (message.Text.Contains("Content Security Policy", StringComparison.Ordinal)) Complaints.Add(message.Text);
        };
        page.PageError += (_, error) => Complaints.Add(error);
        return page;
    }

    public async ValueTask DisposeAsync()
    {
        await _browser.DisposeAsync();
        _driver.Dispose();
    }
}

/// <summary>What tests do to every page.</summary>
static class Pages
{
    /// <summary>Goes there and waits until the page answers clicks: before that they are lost.</summary>
    public static async Task VisitAsync(this IPage page, string path)
    {
        await page.GotoAsync(path);
        await page.WaitForSelectorAsync("body[data-interactive]");
    }

    public static async Task SignInAsync(this IPage page, string email, string password)
    {
        await page.GotoAsync("/account/login");
        await page.FillAsync("#user", email);
        await page.FillAsync("#password", password);
        await page.ClickAsync("button[type=submit]");
        await page.WaitForSelectorAsync("body[data-interactive]");
    }
}
