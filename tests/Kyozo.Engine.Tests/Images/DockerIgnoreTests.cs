using Kyozo.Engine.Images;

namespace Kyozo.Engine.Tests.Images;

/// <summary>The rules of Docker's own documentation of .dockerignore.</summary>
public sealed class DockerIgnoreTests
{
    [Theory]
    [InlineData("*/temp*", "somedir/temporary.txt", true)]
    [InlineData("*/temp*", "somedir/temp/file", true)]
    [InlineData("*/temp*", "temporary.txt", false)]
    [InlineData("*/*/temp*", "somedir/subdir/temporary.txt", true)]
    [InlineData("temp?", "tempa", true)]
    [InlineData("temp?", "temp", false)]
    [InlineData("**/*.go", "a.go", true)]
    [InlineData("**/*.go", "x/y/a.go", true)]
    [InlineData("docs/**", "docs/a/b", true)]
    [InlineData("docs", "docs/a/b", true)]
    [InlineData("/docs/", "docs/a", true)]
    [InlineData("docs", "other/docs/a", false)]
    [InlineData("# docs", "docs", false)]
    [InlineData("*.md\n!README.md", "README.md", false)]
    [InlineData("*.md\n!README*.md\nREADME-secret.md", "README-secret.md", true)]
    [InlineData("*.md\nREADME-secret.md\n!README*.md", "README-secret.md", false)]
    [InlineData("docs\n!docs/keep.txt", "docs/keep.txt", false)]
    [InlineData("docs\n!docs/keep.txt", "docs/other.txt", true)]
    [InlineData("[a-c].txt", "b.txt", true)]
    [InlineData("[a-c].txt", "d.txt", false)]
    [InlineData("../x", "x", false)]
    [InlineData("  spaced  ", "spaced", true)]
    [InlineData("a.b", "axb", false)]
    [InlineData("*", ".hidden", true)]
    [InlineData("(a+)+$", "(a+)+$", true)]
    public void A_path_is_ignored_as_the_rules_say(string rules, string path, bool ignored) => Assert.Equal(ignored, DockerIgnore.Parse(rules).Ignores(path));
}
