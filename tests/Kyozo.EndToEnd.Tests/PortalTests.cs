using System.Text.RegularExpressions;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Kyozo.EndToEnd.Tests;

/// <summary>The portal of a running Kyozo, used by people in a browser: from the first run to a click that is denied.</summary>
public sealed partial class PortalTests(RunningKyozo kyozo)
{
    const string Password = "a sentence is a good password";

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task From_the_first_run_to_a_denied_click()
    {
        await using var browser = await Browser.StartAsync(kyozo.Portal);
        var ada = await browser.OpenAsync();
        await SetUpAsync(ada);
        await SeeTheShopAsync(ada);
        await ada.CorrectAndTakeBackAsync("prices");
        await DeployAsync(ada);
        await ReadTheLogAsync(ada, "web");
        await EveryPageFitsAPhoneAsync(await browser.OpenAsync(width: 390, height: 844));
        var handedOver = await AddMemberAsync(ada, "Linus", "linus@example.com");
        await GrantAsync(ada, "linus@example.com", "web", "deploy_service", "stop_service", "view_logs");

        var linus = await browser.OpenAsync(width: 390, height: 844);
        await linus.SignInAsync("linus@example.com", handedOver);
        await ReadTheLogAsync(linus, "web");
        await RestartAsync(linus, "web");
        await RevokeAsync(ada, "linus@example.com", "web", "stop_service");
        await IsDeniedAsync(linus, "restart");

        Assert.Empty(browser.Complaints);
    }

    async Task SetUpAsync(IPage page)
    {
        await page.GotoAsync(SetupLink().Match(kyozo.Greeting).Value);
        await page.FillAsync("#team", "Tea");
        await page.FillAsync("#name", "Ada");
        await page.FillAsync("#email", "ada@example.com");
        await page.FillAsync("#password", Password);
        await page.ClickAsync("button[type=submit]");
        await page.WaitForURLAsync("**/workspaces/new");
        // Leaving while the page still connects would be a complaint of the browser about the test.
        await page.WaitForSelectorAsync("body[data-interactive]");

        await page.Context.ClearCookiesAsync();
        await page.SignInAsync("ada@example.com", Password);
    }

    static async Task SeeTheShopAsync(IPage page)
    {
        await Expect(page.GetByText("All 6 services run and are well.")).ToBeVisibleAsync();
        await page.VisitAsync("/w/shop");
        await Expect(page.Locator("[data-service]")).ToHaveCountAsync(6);
        await page.Locator("[data-service=api]").ClickAsync();
        await Expect(page.Locator("aside")).ToContainTextAsync("DATABASE_URL");
        await page.VisitAsync("/w/shop/detection");
        await Expect(page.GetByText("6 services and 6 edges found.")).ToBeVisibleAsync();
    }

    static async Task DeployAsync(IPage page)
    {
        await page.VisitAsync("/w/shop/plan");
        await page.Locator("[data-action=deploy]").ClickAsync();
        await page.WaitForURLAsync(new Regex("/w/shop/deployments/\\d+"));
        await Expect(page.Locator(".k-title")).ToContainTextAsync("succeeded", new() { Timeout = 180_000 });
    }

    static async Task ReadTheLogAsync(IPage page, string service)
    {
        await OpenServiceAsync(page, service);
        await page.GetByRole(AriaRole.Link, new() { Name = "Logs", Exact = true }).ClickAsync();
        await Expect(page.Locator(".k-log li").First).ToBeVisibleAsync();
    }

    /// <summary>Nothing stands out of the screen, but for what scrolls by itself.</summary>
    static async Task EveryPageFitsAPhoneAsync(IPage page)
    {
        await page.SignInAsync("ada@example.com", Password);
        await OpenServiceAsync(page, "api");
        var service = new Uri(page.Url).AbsolutePath;
        string[] tabs = ["", "/deployments", "/logs", "/health", "/metrics", "/settings"];
        foreach (var path in (string[])["/", "/workspaces", "/workspaces/new", "/w/shop", "/w/shop/detection", "/w/shop/plan", "/w/shop/deployments", "/w/shop/settings", "/permissions", "/audit", "/team", "/account", "/admin/jobs", "/admin/database", "/admin/engine", .. tabs.Select(tab => service + tab)])
        {
            await page.VisitAsync(path);
            await Expect(page.Locator(".k-skeleton")).ToHaveCountAsync(0);
            var wide = await page.EvaluateAsync<string[]>("""
                () => [...document.querySelectorAll('.k-page *')]
                  .filter(one => one.getBoundingClientRect().right > innerWidth + 1)
                  .filter(one => { for (let up = one.parentElement; up; up = up.parentElement) if (getComputedStyle(up).overflowX !== 'visible' && up !== document.body && up !== document.documentElement) return false; return true; })
                  .map(one => `${one.tagName} .${one.getAttribute('class')}`)
                """);
            Assert.True(wide.Length == 0, $"{path} is wider than a phone: {string.Join(", ", wide)}");
        }
    }

    static async Task<string> AddMemberAsync(IPage page, string name, string email)
    {
        await page.VisitAsync("/team");
        await page.FillAsync("#new-name", name);
        await page.FillAsync("#new-email", email);
        await page.GetByRole(AriaRole.Button, new() { Name = "Add to the team" }).ClickAsync();
        return await page.Locator(".k-note code").InnerTextAsync();
    }

    static async Task GrantAsync(IPage page, string email, string service, params string[] verbs)
    {
        await page.VisitAsync("/permissions");
        await page.GetByLabel("Service", new() { Exact = true }).SelectOptionAsync(service);
        foreach (var verb in verbs)
        {
            var cell = page.Locator($"[data-cell='{email}/{service}/{verb}']");
            await cell.ClickAsync();
            await Expect(cell).ToHaveAttributeAsync("aria-checked", "true");
        }
    }

    async Task RestartAsync(IPage page, string service)
    {
        var before = await kyozo.ContainersAsync(service, Cancellation);
        await OpenServiceAsync(page, service);
        await page.Locator("[data-action=restart]").ClickAsync();
        await Kyozo.Testing.Eventually.TrueAsync($"{service} runs in another container", TimeSpan.FromSeconds(90), async () =>
            await kyozo.ContainersAsync(service, Cancellation) is { Count: 1 } now && now[0] != before[0], Cancellation);
    }

    static async Task RevokeAsync(IPage page, string email, string service, string verb)
    {
        var cell = page.Locator($"[data-cell='{email}/{service}/{verb}']");
        await cell.ClickAsync();
        await Expect(cell).ToHaveAttributeAsync("aria-checked", "false");
    }

    /// <summary>Without loading the page again: its button is locked, says why, and a click that gets through all the same is answered with no.</summary>
    static async Task IsDeniedAsync(IPage page, string action)
    {
        var denied = page.Locator($"[data-denied={action}]");
        await Expect(denied).ToBeVisibleAsync(new() { Timeout = 5_000 });
        await Expect(denied).ToHaveAttributeAsync("title", new Regex("stop_service.*Ada"));
        await denied.ClickAsync(new() { Force = true });
        await Expect(page.Locator(".k-title")).ToContainTextAsync("running");
    }

    static async Task OpenServiceAsync(IPage page, string service)
    {
        await page.VisitAsync("/");
        await page.Locator("a.k-rowlink", new() { HasTextRegex = new Regex($"^{service}$") }).First.ClickAsync();
        await page.WaitForURLAsync("**/s/*");
    }

    [GeneratedRegex(@"http://\S+/setup\?token=\S+")]
    private static partial Regex SetupLink();
}
