using Quartz;

namespace Kyozo.Data.Schema;

/// <summary>The script with which Quartz makes its tables, embedded in its assembly: the tables always fit the version that is referenced.</summary>
static class QuartzSchema
{
    const string Resource = "Quartz.Impl.AdoJobStore.Schema.create_postgres.sql";

    /// <summary>Statements for tables in a schema; in the script <c>{0}</c> is the full prefix, <c>{1}</c> the one for names that carry no schema.</summary>
    public static IEnumerable<string> Statements(string schema, string prefix)
    {
        using var stream = typeof(IScheduler).Assembly.GetManifestResourceStream(Resource)
            ?? throw new InvalidOperationException($"Quartz {typeof(IScheduler).Assembly.GetName().Version} carries no script {Resource}.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd()
            .Replace("{0}", $"{schema}.{prefix}", StringComparison.Ordinal)
            .Replace("{1}", prefix, StringComparison.Ordinal)
            .ReplaceLineEndings("\n")
            .Split("\n--;;\n", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
    }
}
