namespace Kyozo.Engine.Topology;

/// <summary>Which technology a folder is when several have their files in it: the one that more often only carries the other along is lower (a Rails program has a package.json, never the other way round).</summary>
static class Rank
{
    public const int Dotnet = 90, Php = 85, Go = 82, Jvm = 80, Rust = 78, Ruby = 76, Elixir = 74, Python = 70, Deno = 66, StaticGenerator = 64, Node = 60;
    public const int OtherLanguage = 50, ScriptWithoutManifest = 40, ShellScript = 20, StaticPages = 15, MakefileOnly = 10, DockerfileOnly = 5, FileMix = 1;
}
