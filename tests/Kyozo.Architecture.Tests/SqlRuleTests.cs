using System.Text.RegularExpressions;

namespace Kyozo.Architecture.Tests;

/// <summary>Nothing from outside becomes part of a statement (SAFETY A-53). Row level security is no wall against that: the portal's role may set its own team. EF's raw methods with interpolation fail the build already (EF1002); here is the rest.</summary>
public sealed partial class SqlRuleTests
{
    // Statements that cannot have parameters: definitions of the schema, of partitions, of databases, upkeep of tables, and the walk along the trail's tables. What is put in are names of our own tables and columns, days, roles and limits.
    static readonly string[] Definitions = ["Kyozo.Data/Schema/", "Kyozo.Data/Migrations/", "Kyozo.Engine/Retention/", "Kyozo.Engine/Events/", "Kyozo.Engine/Backups/", "Kyozo.Engine/Maintenance/", "Kyozo.Cli/"];

    // Not SQL: COPY of a Dockerfile.
    const string Dockerfiles = "Kyozo.Engine/Images/";

    [Fact]
    public void A_statement_is_put_together_only_where_it_defines_something()
    {
        var offenders =
            from file in Repository.ProductSources(".cs", ".razor")
            let name = Repository.Relative(file)
            where !Definitions.Append(Dockerfiles).Any(folder => name.StartsWith(folder, StringComparison.Ordinal))
            from found in Offences(File.ReadAllText(file))
            select $"{name}: {found}";
        Assert.Empty(offenders);
    }

    [Theory]
    [InlineData("""new NpgsqlCommand($"SELECT * FROM services ORDER BY {column}", connection)""", true)]
    [InlineData("""var sql = $"DELETE FROM {table}";""", true)]
    [InlineData("""var sql = "SELECT * FROM services ORDER BY " + column;""", true)]
    [InlineData("""db.Database.ExecuteSqlAsync($"SELECT set_config('a', {team}, false)", token)""", false)]
    [InlineData("""db.Services.FromSql($"SELECT * FROM services WHERE id = {id}")""", false)]
    [InlineData("""db.Database.SqlQuery<string>($"SELECT name FROM services WHERE id = {id}")""", false)]
    [InlineData("""new NpgsqlCommand($"LISTEN {Channel}", connection)""", false)]
    [InlineData("""new NpgsqlCommand("SELECT 1 WHERE $1", connection)""", false)]
    public void The_rule_tells_parameters_from_pieces(string code, bool offends) => Assert.Equal(offends, Offences(code).Any());

    [Fact]
    public void Rows_are_sorted_and_searched_by_what_the_program_names()
    {
        var offenders =
            from file in Repository.ProductSources(".cs", ".razor")
            where !Repository.Relative(file).StartsWith("Kyozo.Data/Schema/", StringComparison.Ordinal)
            from match in NamedAtRunTime().Matches(File.ReadAllText(file))
            select $"{Repository.Relative(file)}: {match.Value}";
        Assert.Empty(offenders);
    }

    static IEnumerable<string> Offences(string code) =>
        from match in PutTogether().Matches(code)
        where !Parameterized().IsMatch(code[Math.Max(0, match.Index - 200)..match.Index]) && !Constant().IsMatch(code[match.Index..])
        select code[match.Index..Math.Min(code.Length, match.Index + 100)].ReplaceLineEndings(" ");

    const string Verb = "(SELECT|INSERT INTO|UPDATE|DELETE FROM|CREATE|ALTER|DROP|WITH|COPY|GRANT|REVOKE|SET|REINDEX|ANALYZE|VACUUM|TRUNCATE|LISTEN|NOTIFY|EXPLAIN|PREPARE|MERGE|LOCK)\\s";

    // An interpolated text that begins like a statement, or such a text with something added.
    [GeneratedRegex("\\$+(\"\"\"|\")\\s*" + Verb + "|\"" + Verb + "[^\"\\n]*\"\\s*\\+\\s*[a-z]")]
    private static partial Regex PutTogether();

    [GeneratedRegex(@"(ExecuteSql|ExecuteSqlAsync|FromSql|SqlQuery(<[^()]*>)?)\(\s*$")]
    private static partial Regex Parameterized();

    // A constant of the class, by its capital letter, and nothing else.
    [GeneratedRegex("""^\$"LISTEN \{[A-Z]\w*\}["]""")]
    private static partial Regex Constant();

    [GeneratedRegex("""System\.Linq\.Dynamic|EF\.Property<|\.(OrderBy|ThenBy|OrderByDescending|ThenByDescending)\("|EF\.Functions\.I?Like\([^,()]+,[^,()]+\)""")]
    private static partial Regex NamedAtRunTime();
}
