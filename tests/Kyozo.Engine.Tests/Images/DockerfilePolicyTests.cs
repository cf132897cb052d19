using Kyozo.Engine.Images;

namespace Kyozo.Engine.Tests.Images;

public sealed class DockerfilePolicyTests
{
    static DockerfileVerdict Judge(string text, params string[] allowed) => new DockerfilePolicy("kyozo/shop-", allowed).Judge(text);

    [Theory]
    [InlineData("FROM team-b/api:1", 1)]
    [InlineData("FROM kyozo/other-api:0123456789ab", 1)]
    [InlineData("FROM somebodys-local-image", 1)]
    [InlineData("FROM node:22\nCOPY --from=team-b/api:1 /secret /x", 2)]
    [InlineData("ARG BASE=team-b/api\nFROM ${BASE}:1", 2)]
    [InlineData("FROM node:22\nARG B=team-b/api:1\nCOPY --from=$B /secret /x", 3)]
    [InlineData("FROM $BASE", 1)]
    [InlineData("FROM node:22 AS one\nFROM two", 2)]
    [InlineData("FROM node:22\nONBUILD COPY --from=team-b/api:1 /secret /x", 2)]
    [InlineData("FROM node:22\nCOPY --from=3 /secret /x", 2)]
    [InlineData("FROM evil.example:99999/x", 1)]
    public void An_image_of_somebody_else_is_refused_with_its_line(string text, int line) => Assert.Equal(line, Assert.Single(Judge(text).Violations).Line);

    [Theory]
    [InlineData("ADD http://127.0.0.1:5000/x /x")]
    [InlineData("ADD http://169.254.169.254/latest/meta-data /x")]
    [InlineData("ADD --chown=1:1 HTTPS://example.org/a.tar /")]
    [InlineData("ADD git@example.org:a/b.git /b")]
    [InlineData("ADD [\"https://example.org/a.tar\", \"/\"]")]
    [InlineData("ADD local.tar \\\n  # between\n  https://example.org/a.tar /")]
    [InlineData("ENV URL=https://example.org/a.tar\nADD $URL /")]
    [InlineData("ADD ${UNKNOWN} /")]
    [InlineData("ONBUILD ADD http://127.0.0.1/x /x")]
    public void A_remote_ADD_is_refused(string text) => Assert.Contains("ADD", Assert.Single(Judge("FROM node:22\n" + text).Violations).Message);

    [Theory]
    [InlineData("RUN --mount=type=cache,target=/root/.npm npm ci")]
    [InlineData("COPY --link a b")]
    [InlineData("COPY --chmod=755 a b")]
    [InlineData("RUN <<EOF\necho a\nEOF")]
    [InlineData("COPY <<-'EOF' /etc/x")]
    public void What_needs_BuildKit_is_named(string text) => Assert.Contains(Judge("FROM node:22\n" + text).Violations, violation => violation.Line == 2 && violation.Message.Contains("BuildKit", StringComparison.Ordinal));

    [Fact]
    public void An_ordinary_Dockerfile_passes()
    {
        var verdict = Judge("""
            # syntax=docker/dockerfile:1
            ARG VERSION=22
            FROM node:${VERSION}-alpine AS build
            WORKDIR /app
            COPY package*.json ./
            RUN npm ci \
                # with a comment between
                && npm run build
            ADD local.tar /
            FROM mcr.microsoft.com/dotnet/aspnet:10.0
            COPY --from=build --chown=1000:1000 /app ./
            COPY --from=0 /x /y
            COPY --from=kyozo/shop-web:0123456789ab /z /z
            COPY --from=kyozo/base-node:18 /usr/bin/node /usr/bin/node
            ENV ASPNETCORE_HTTP_PORTS=8080
            USER 1000
            """);

        Assert.Empty(verdict.Violations);
        Assert.Empty(verdict.Warnings);
        Assert.True(verdict.RunsCommands);
    }

    [Fact]
    public void An_administrator_may_allow_more_but_never_another_workspaces_images()
    {
        Assert.Empty(Judge("FROM registry.example.org/team/base:1", "registry.example.org/team/").Violations);
        Assert.Empty(Judge("FROM anybody/anything:1", "*").Violations);
        Assert.NotEmpty(Judge("FROM kyozo/other-api:0123456789ab", "*").Violations);
    }

    [Fact]
    public void Root_secrets_and_reserved_labels_are_warned_of()
    {
        var verdict = Judge("FROM node:22\nENV DB_PASSWORD=geheim OTHER=fine\nLABEL kyozo.service=x\nUSER root");

        Assert.Empty(verdict.Violations);
        Assert.Equal([2, 3, 4], verdict.Warnings.Select(warning => warning.Line));
        Assert.DoesNotContain(verdict.Warnings, warning => warning.Message.Contains("geheim", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("")]
    [InlineData("# nothing")]
    [InlineData("FROM node:22\nFRMO x")]
    [InlineData("RUN true")]
    public void What_is_no_Dockerfile_is_refused(string text) => Assert.NotEmpty(Judge(text).Violations);

    [Fact]
    public void Another_escape_character_is_understood()
    {
        var verdict = Judge("# escape=`\nFROM node:22\nADD local.tar `\n  http://127.0.0.1/x /\n");

        Assert.Equal(3, Assert.Single(verdict.Violations).Line);
    }
}
