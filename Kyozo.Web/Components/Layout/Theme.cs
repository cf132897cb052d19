using MudBlazor;

namespace Kyozo.Web.Components.Layout;

/// <summary>MudBlazor's side of the look; the rest, with the same colours, is wwwroot/kyozo.css.</summary>
static class Theme
{
    static readonly string[] Font = ["ui-sans-serif", "system-ui", "-apple-system", "Segoe UI", "Roboto", "Noto Sans", "Liberation Sans", "DejaVu Sans", "sans-serif"];

    public static MudTheme Kyozo { get; } = new()
    {
        LayoutProperties = new() { DefaultBorderRadius = "6px" },
        Typography = new()
        {
            Default = new DefaultTypography { FontFamily = Font, FontSize = "0.84375rem", LineHeight = "1.5", LetterSpacing = "0" },
            Button = new ButtonTypography { FontFamily = Font, FontSize = "0.8125rem", FontWeight = "550", LetterSpacing = "0", TextTransform = "none" },
            H6 = new H6Typography { FontFamily = Font, FontSize = "0.9375rem", FontWeight = "620", LetterSpacing = "0" },
            Body1 = new Body1Typography { FontFamily = Font, FontSize = "0.84375rem", LetterSpacing = "0" },
            Body2 = new Body2Typography { FontFamily = Font, FontSize = "0.8125rem", LetterSpacing = "0" },
        },
        PaletteLight = new PaletteLight
        {
            Primary = "#5b3fd6",
            PrimaryContrastText = "#ffffff",
            Background = "#fafafa",
            Surface = "#ffffff",
            BackgroundGray = "#f4f4f5",
            TextPrimary = "#18181b",
            TextSecondary = "#5c5c66",
            TextDisabled = "#71717a",
            ActionDefault = "#5c5c66",
            LinesDefault = "#e4e4e7",
            LinesInputs = "#d1d1d6",
            TableLines = "#e4e4e7",
            Divider = "#e4e4e7",
            Success = "#15703a",
            Info = "#1c55c8",
            Warning = "#93500a",
            Error = "#b3261e",
            Dark = "#27272a",
        },
        PaletteDark = new PaletteDark
        {
            Primary = "#9c88ff",
            PrimaryContrastText = "#12101d",
            Background = "#0d0e10",
            Surface = "#1a1b1f",
            BackgroundGray = "#0a0b0c",
            TextPrimary = "#ededf0",
            TextSecondary = "#a2a4ae",
            TextDisabled = "#8b8d98",
            ActionDefault = "#a2a4ae",
            LinesDefault = "#25272c",
            LinesInputs = "#363941",
            TableLines = "#25272c",
            Divider = "#25272c",
            Success = "#2fa564",
            Info = "#4b87f5",
            Warning = "#d6952b",
            Error = "#e0564d",
            Dark = "#27292f",
        },
    };
}
