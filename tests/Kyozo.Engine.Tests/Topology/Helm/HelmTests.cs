using Kyozo.Engine.Topology.Helm;
using Kyozo.Engine.Topology.Reading;

namespace Kyozo.Engine.Tests.Topology.Helm;

/// <summary>Charts are read as their own values would make them, and nothing in them runs or grows.</summary>
public sealed class HelmTests
{
    static readonly YamlNode Root = YamlText.Parse("Values: { name: web, image: { repository: shop/web }, on: true, off: false, list: [a, b], map: { x: 1 } }\nChart: { Name: shop }\nRelease: { Name: shop }")!;

    static string Render(string template) => HelmTemplate.Render(template, Root).Text;

    [Theory]
    [InlineData("name: {{ .Values.name }}", "name: web")]
    [InlineData("{{ .Values.none | default \"x\" | quote }}", "\"x\"")]
    [InlineData("{{ if .Values.off }}a{{ else if .Values.on }}b{{ else }}c{{ end }}", "b")]
    [InlineData("{{ if and .Values.on (not .Values.off) (eq .Values.name \"web\") }}a{{ end }}", "a")]
    [InlineData("{{ range $i, $x := .Values.list }}{{ $i }}{{ $x }}{{ end }}", "0a1b")]
    [InlineData("{{ range .Values.none }}a{{ else }}none{{ end }}", "none")]
    [InlineData("{{ with .Values.image }}{{ .repository }} of {{ $.Chart.Name }}{{ end }}", "shop/web of shop")]
    [InlineData("{{ $x := printf \"%s-%s\" .Release.Name .Values.name }}{{ $x }}", "shop-web")]
    [InlineData("{{ define \"a\" }}hidden{{ end }}{{ include \"shop.fullname\" . }}", "shop")]
    [InlineData("a:\n  {{- toYaml .Values.map | nindent 2 }}", "a:\n  \"x\": \"1\"")]
    [InlineData("a\n{{- /* said\nover lines */ -}}\nb", "ab")]
    [InlineData("{{ lookup \"v1\" \"Secret\" }}{{ .Files.Get \"/etc/passwd\" }}", "")]
    [InlineData("{{ unclosed", "{{ unclosed")]
    public void Template_gives_what_its_values_make_of_it(string template, string expected) => Assert.Equal(expected, Render(template));

    [Fact]
    public void Lines_are_those_of_the_template()
    {
        var (text, lines) = HelmTemplate.Render("{{- if .Values.on }}\na: 1\n{{- end }}\n\nb: 2\n", Root);

        Assert.Equal("\na: 1\n\nb: 2\n", text);
        Assert.Equal([2, 5], YamlText.ParseAll(text, lines)[0].Entries.Select(entry => entry.Line));
    }

    [Fact]
    public void Template_that_grows_without_end_is_refused()
    {
        var loops = string.Concat(Enumerable.Repeat("{{ range .Values.many }}", 4)) + "x" + string.Concat(Enumerable.Repeat("{{ end }}", 4));
        var root = YamlText.Parse($"Values: {{ many: [{string.Join(", ", Enumerable.Range(0, 100))}] }}")!;

        Assert.Throws<FormatException>(() => HelmTemplate.Render(loops.Replace("range .Values", "range $.Values", StringComparison.Ordinal), root));
        Assert.Throws<FormatException>(() => Render(string.Concat(Enumerable.Repeat("{{ if .Values.on }}", 5_000))));
        Assert.Throws<FormatException>(() => HelmTemplate.Render("{{ toYaml .Values }}", YamlText.Parse("Values:\n  a: &a [x, x, x, x, x, x, x, x, x]\n" + string.Concat("bcdefgh".Select((c, i) => $"  {c}: &{c} [{string.Join(", ", Enumerable.Repeat($"*{(char)(c - 1)}", 9))}]\n")))!));
    }

    [Fact]
    public void Chart_inside_a_chart_gets_what_the_outer_one_sets_and_manifests_as_they_are_come_first()
    {
        (string, string)[] chart =
        [
            ("chart/Chart.yaml", "name: shop"), ("chart/values.yaml", "api:\n  port: 9000\n"),
            ("chart/charts/api/Chart.yaml", "name: api"), ("chart/charts/api/values.yaml", "port: 80\n"),
            ("chart/charts/api/templates/a.yaml", "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {{ .Chart.Name }}\nspec:\n  template:\n    spec:\n      containers:\n        - name: api\n          image: shop/api\n          ports:\n            - containerPort: {{ .Values.port }}\n"),
        ];
        var api = Snapshots.Detect([.. Snapshots.Shop, .. chart]).Services.Single(service => service.Path == "api");

        Assert.Equal(9000, api.Port);
        Assert.Contains(api.Evidence, evidence => evidence is { File: "chart/charts/api/templates/a.yaml", Line: 2, Signal: "Deployment api of a Helm chart" });

        var plain = Snapshots.Detect([.. Snapshots.Shop, .. chart, ("k8s/api.yaml", chart[^1].Item2.Replace("{{ .Chart.Name }}", "api", StringComparison.Ordinal).Replace("{{ .Values.port }}", "7000", StringComparison.Ordinal))]);
        Assert.Equal(7000, plain.Services.Single(service => service.Path == "api").Port);
    }
}
