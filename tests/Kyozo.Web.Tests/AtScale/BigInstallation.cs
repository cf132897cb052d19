using Kyozo.Testing;
using Kyozo.Web.Tests.Seeding;

namespace Kyozo.Web.Tests.AtScale;

/// <summary>An installation after a busy year: a big team with a million rows in every series and a million grants, and a small one, the shop, beside it.</summary>
public sealed class BigInstallation(PostgresFixture postgres) : IAsyncLifetime
{
    public const int Services = 10_000;
    public const int Members = 100;
    const int Rows = 1_000_000;
    const int WithRows = 1000;

    /// <summary>Rows of a few pages: of a day that has just begun or just ended. A full one has tens of thousands here.</summary>
    public const int HardlyAny = 2000;

    /// <summary>Tables that nothing may read from end to end.</summary>
    public static readonly IReadOnlyList<string> BigTables = ["deployment_events", "health_checks", "service_metrics", "service_permissions", "service_instances", "audit_events"];

    public TestDatabase Database { get; private set; } = null!;
    public Shop Shop { get; private set; } = null!;
    public PostgresFixture Postgres => postgres;

    public async ValueTask InitializeAsync()
    {
        var cancellationToken = CancellationToken.None;
        Database = await postgres.CreateDatabaseAsync(cancellationToken);
        Shop = await Shop.OpenAsync(Database, cancellationToken);
        var rows = new BulkRows(Database, _ => { });
        await rows.ServicesAsync(Services, cancellationToken);
        await Task.WhenAll(
            rows.SeriesAsync("deployment_events", Rows, WithRows, days: 90, cancellationToken),
            rows.SeriesAsync("health_checks", Rows, WithRows, days: 30, cancellationToken),
            rows.SeriesAsync("service_metrics", Rows, WithRows, days: 7, cancellationToken),
            rows.GrantsAsync(Services, Members, cancellationToken));
        // Today too others write: what is small today is big tonight.
        await rows.FillAsync("health_checks", DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime), 0, (Rows / 30) - 1, WithRows, cancellationToken);
        await rows.RunAsync("ANALYZE health_checks", cancellationToken);
        await rows.RunAsync(
            $"""
            INSERT INTO audit_events (id, team_id, action, data, sequence_num, occurred_at, hash)
            SELECT gen_random_uuid(), t.id, 'access_denied', '{"{}"}', 1000000 + n, now() - n * interval '1 minute', decode(repeat('ab', 32), 'hex')
            FROM (VALUES ('{BulkRows.Team}'::uuid, 200000), ('{Shop.Team.Id}', 2000)) t (id, lines), generate_series(1, t.lines) n;
            ANALYZE audit_events;
            """, cancellationToken);
    }

    public async ValueTask DisposeAsync() => await Database.DisposeAsync();

    /// <summary>The scans of big tables, or of their days, that no index helped. Of a day with hardly a row, or whose rows are all asked for, a scan is as good as an index.</summary>
    public static IEnumerable<Scan> ScansWithoutIndex(StatementPlan plan) =>
        plan.Scans.Where(scan => scan.Kind == "Seq Scan" && scan.RowsThrownAway > HardlyAny && BigTables.Any(table => scan.Table == table || scan.Table.StartsWith(table + "_2", StringComparison.Ordinal)));
}

/// <summary>The tests that share it, one after the other.</summary>
[CollectionDefinition(Name)]
public sealed class AtScale : ICollectionFixture<BigInstallation>
{
    public const string Name = "at scale";
}
