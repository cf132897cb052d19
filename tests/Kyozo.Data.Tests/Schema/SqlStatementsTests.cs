using Kyozo.Data.Schema;

namespace Kyozo.Data.Tests.Schema;

public sealed class SqlStatementsTests
{
    [Theory]
    [InlineData("SELECT 1; SELECT 2;", "SELECT 1|SELECT 2")]
    [InlineData("SELECT 'a;b', \"c;d\"; SELECT 2", "SELECT 'a;b', \"c;d\"|SELECT 2")]
    [InlineData("SELECT 'it''s; one'; SELECT 2", "SELECT 'it''s; one'|SELECT 2")]
    [InlineData("-- a; b\nSELECT 1; /* c; d */ SELECT 2", "SELECT 1|SELECT 2")]
    [InlineData("CREATE FUNCTION f() AS $$ BEGIN; END; $$; SELECT 2", "CREATE FUNCTION f() AS $$ BEGIN; END; $$|SELECT 2")]
    [InlineData("DO $x$ BEGIN PERFORM $$;$$; END $x$; EXECUTE p($1); SELECT $2", "DO $x$ BEGIN PERFORM $$;$$; END $x$|EXECUTE p($1)|SELECT $2")]
    [InlineData("SELECT a--one\nFROM b", "SELECT a FROM b")]
    [InlineData(" ;; -- nothing", "")]
    public void A_semicolon_ends_a_statement_only_where_psql_says_so(string script, string statements) =>
        Assert.Equal(statements, string.Join('|', SqlStatements.Split(script)));
}
