using Kyozo.Engine.Images;

namespace Kyozo.Engine.Tests.Images;

public sealed class ContextScopeTests
{
    [Theory]
    [InlineData("/", new string[0], "", "")]
    [InlineData("/web", new string[0], "web", "")]
    [InlineData("/apps/web", new[] { "/packages/money" }, "", "apps/web")]
    [InlineData("/shop/apps/web", new[] { "/shop/packages/money", "/shop/packages/ui" }, "shop", "apps/web")]
    [InlineData("/cmd/api", new[] { "/" }, "", "cmd/api")]
    [InlineData("/web", new[] { "/web-ui" }, "", "web")]
    [InlineData("/web", new[] { "/web/lib" }, "web", "")]
    public void The_context_is_the_folder_that_holds_all_the_service_needs(string folder, string[] shared, string root, string service)
    {
        var scope = ContextScope.Of(folder, shared);

        Assert.Equal((root, service), (scope.Root, scope.Service));
    }

    [Fact]
    public void Of_a_monorepo_only_what_the_service_needs_is_entered()
    {
        var scope = ContextScope.Of("/apps/web", ["/packages/money"]);

        Assert.All((string[])["apps", "apps/web", "apps/web/src", "packages", "packages/money"], path => Assert.True(scope.Enters(path)));
        Assert.All((string[])["apps/admin", "packages/mail", "docs", "apps/web2"], path => Assert.False(scope.Enters(path)));
    }

    [Fact]
    public void A_service_that_needs_the_whole_folder_gets_it()
    {
        Assert.True(ContextScope.Of("/cmd/api", ["/"]).Enters("internal/queue"));
    }
}
