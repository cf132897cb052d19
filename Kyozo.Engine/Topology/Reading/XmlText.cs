using System.Xml;
using System.Xml.Linq;

namespace Kyozo.Engine.Topology.Reading;

/// <summary>XML without document types, entities or anything from outside (SAFETY A-13).</summary>
static class XmlText
{
    const int MaxDepth = 64;

    /// <exception cref="XmlException">It is no XML, declares a document type, or is nested too deep.</exception>
    public static XDocument Parse(string text)
    {
        using (var reader = Open(text))
        {
            while (reader.Read())
            {
                if (reader.Depth > MaxDepth) throw new XmlException($"nested deeper than {MaxDepth} elements");
            }
        }
        using var again = Open(text);
        return XDocument.Load(again, LoadOptions.SetLineInfo);
    }

    public static int? Line(this XObject node) => node is IXmlLineInfo info && info.HasLineInfo() ? info.LineNumber : null;

    /// <summary>Every element of this local name, whatever its namespace.</summary>
    public static IEnumerable<XElement> Named(this XContainer? container, string name) => container?.Descendants().Where(element => element.Name.LocalName == name) ?? [];

    public static string? ValueOf(this XContainer? container, string name) => container.Named(name).FirstOrDefault()?.Value.Trim() is { Length: > 0 } value ? value : null;

    static XmlReader Open(string text) => XmlReader.Create(new StringReader(text), new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null });
}
