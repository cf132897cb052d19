using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Kyozo.EndToEnd.Tests;

/// <summary>A person knows better than detection, takes it with him as a file, and takes it back.</summary>
static class DetectionSteps
{
    const string Known = "/known/better";

    public static async Task CorrectAndTakeBackAsync(this IPage page, string service)
    {
        await page.VisitAsync("/w/shop/detection");
        var finding = page.Locator("section.k-card", new() { Has = page.Locator($"#finding-{service}") });
        await finding.GetByRole(AriaRole.Button, new() { Name = $"Correct {service}" }).ClickAsync();
        await finding.GetByLabel("Health path").FillAsync(Known);
        await finding.GetByRole(AriaRole.Button, new() { Name = "Save correction" }).ClickAsync();
        await Expect(finding.Locator("dl")).ToContainTextAsync(Known);

        var analysed = page.Locator(".k-title time");
        var before = await analysed.GetAttributeAsync("datetime");
        await page.GetByRole(AriaRole.Button, new() { Name = "Analyse again" }).ClickAsync();
        await Expect(analysed).Not.ToHaveAttributeAsync("datetime", before!);
        await Expect(finding.Locator("dl")).ToContainTextAsync(Known);
        Assert.Contains($"health: {Known}", await DownloadAsync(page, "kyozo.yaml"), StringComparison.Ordinal);
        Assert.Contains($"  {service}:", await DownloadAsync(page, "docker-compose.yml"), StringComparison.Ordinal);

        await page.GetByRole(AriaRole.Button, new() { Name = "Undo:" }).ClickAsync();
        await Expect(finding.Locator("dl")).Not.ToContainTextAsync(Known);
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Undo:" })).ToHaveCountAsync(0);
    }

    static async Task<string> DownloadAsync(IPage page, string file)
    {
        var download = await page.RunAndWaitForDownloadAsync(() => page.GetByRole(AriaRole.Link, new() { Name = file }).ClickAsync());
        Assert.Equal(file, download.SuggestedFilename);
        return await File.ReadAllTextAsync(await download.PathAsync(), TestContext.Current.CancellationToken);
    }
}
