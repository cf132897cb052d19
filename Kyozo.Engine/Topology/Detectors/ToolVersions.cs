
namespace Kyozo.Engine.Topology.Detectors;

/// <summary>Versions that version managers keep: <c>.tool-versions</c> and <c>mise.toml</c>, in the folder or above it.</summary>
static class ToolVersions
{
    public static string? Of(Folder folder, params string[] tools)
    {
        for (var at = folder.Path; ; at = Paths.Parent(at))
        {
            if (folder.Index.File(Paths.Join(at, ".tool-versions"))?.Text is { } text)
            {
                foreach (var line in text.Split('\n'))
                {
                    var words = line.Split((char[])[' ', '\t', '\r'], StringSplitOptions.RemoveEmptyEntries);
                    if (words.Length >= 2 && tools.Contains(words[0])) return words[1];
                }
            }
            foreach (var name in (string[])["mise.toml", ".mise.toml"])
            {
                var mise = folder.Index.Toml(folder.Index.File(Paths.Join(at, name)));
                if (mise?.Table("tools").FirstOrDefault(entry => tools.Contains(entry.Key)) is { } entry) return entry.Strings.FirstOrDefault() ?? entry.Text;
            }
            if (at == ".") return null;
        }
    }
}
