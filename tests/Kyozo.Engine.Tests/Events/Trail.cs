using Kyozo.Data;
using Kyozo.Data.Events;
using Kyozo.Data.Schema;
using Kyozo.Data.ServiceInstances;
using Kyozo.Engine.Events;
using Kyozo.Testing;
using Npgsql;

namespace Kyozo.Engine.Tests.Events;

/// <summary>
/// A trail of a test's own: service <c>web</c> with rows 1..4 and 5..8 anchored and 9, 10 after the last anchor; service <c>api</c> with rows 1..3, anchored;
/// the team's audit events 1..4 anchored and 5 after.
/// </summary>
sealed class Trail : IAsyncDisposable
{
    readonly DirectoryInfo _home = Directory.CreateTempSubdirectory("kyozo-trail-");

    Trail(TestDatabase database)
    {
        Database = database;
        Home = new(_home.FullName);
        Maintenance = new(database.Maintenance);
        File = new(Home);
    }

    public TestDatabase Database { get; }
    public KyozoHome Home { get; }
    public MaintenanceDataSource Maintenance { get; }
    public AnchorFile File { get; }
    public ServiceInstance Web { get; private set; } = null!;
    public ServiceInstance Api { get; private set; } = null!;
    public Guid Team => Web.TeamId;

    static CancellationToken Stop => TestContext.Current.CancellationToken;

    public AnchorWriter Writer => new(Maintenance, File, Home, TimeProvider.System);

    public static async Task<Trail> EmptyAsync(PostgresFixture postgres)
    {
        var trail = new Trail(await postgres.CreateDatabaseAsync(Stop));
        var team = await A.TeamAsync(trail.Database, Stop);
        var workspace = await A.WorkspaceAsync(trail.Database, team, Stop);
        trail.Web = await A.ServiceAsync(trail.Database, workspace, Stop, "web");
        trail.Api = await A.ServiceAsync(trail.Database, workspace, Stop, "api");
        return trail;
    }

    public static async Task<Trail> WrittenAsync(PostgresFixture postgres)
    {
        var trail = await EmptyAsync(postgres);
        await trail.AppendAsync(trail.Web, 4);
        await trail.AppendAsync(trail.Api, 3);
        await trail.AppendAuditAsync(4);
        await trail.Writer.RunAsync(Stop);
        await trail.AppendAsync(trail.Web, 4);
        await trail.Writer.RunAsync(Stop);
        await trail.AppendAsync(trail.Web, 2);
        await trail.AppendAuditAsync(1);
        return trail;
    }

    public Task AppendAsync(ServiceInstance service, int rows) => Database.ExecuteAsync(
        $$"""SELECT append_event(uuid_generate_v4(), '{{service.TeamId}}', '{{service.Id}}', 'service_restarted', jsonb_build_object('reason', 'drift', 'n', n, 'umlaut', 'ä"\n', 'ratio', 0.1), 'exit code 1', n) FROM generate_series(1, {{rows}}) n""", Stop);

    public Task AppendAuditAsync(int rows) => Database.ExecuteAsync(
        $"SELECT append_audit_event(uuid_generate_v4(), '{Team}', 'signed_in', jsonb_build_object('n', n)) FROM generate_series(1, {rows}) n", Stop);

    /// <summary>Checks as the worker does, under the owner.</summary>
    public Task<TrailReport> VerifyAsync(Guid? team = null) => new TrailVerifier(Maintenance.OpenAsync, Home, TimeProvider.System).VerifyAsync(team, null, Stop);

    /// <summary>Checks as a superuser does.</summary>
    public Task<TrailReport> VerifyAsSuperuserAsync() => new TrailVerifier(OpenAsSuperuserAsync, Home, TimeProvider.System).VerifyAsync(null, null, Stop);

    /// <summary>Does to the database what only a superuser can: no trigger, no foreign key, no policy is in his way.</summary>
    public Task TamperAsync(string sql) => Database.ExecuteAsync($"SET session_replication_role = replica; {Fill(sql)}", Stop);

    /// <summary>Hashes a whole chain anew from what now stands in it, and its head with it, as somebody would who knows how it is done.</summary>
    public const string Rehash =
        """
        DO $$
        DECLARE r deployment_events; previous bytea := '';
        BEGIN
            FOR r IN SELECT * FROM deployment_events WHERE service_instance_id = '{web}' ORDER BY sequence_num LOOP
                UPDATE deployment_events SET hash = deployment_event_hash(previous, r) WHERE id = r.id RETURNING hash INTO previous;
                UPDATE event_heads SET last_sequence_num = r.sequence_num, last_hash = previous, last_occurred_at = r.occurred_at WHERE service_instance_id = '{web}';
            END LOOP;
        END $$;
        """;

    /// <summary>The same for the team's audit events.</summary>
    public const string RehashAudit =
        """
        DO $$
        DECLARE r audit_events; previous bytea := '';
        BEGIN
            FOR r IN SELECT * FROM audit_events WHERE team_id = '{team}' ORDER BY sequence_num LOOP
                UPDATE audit_events SET hash = audit_event_hash(previous, r) WHERE id = r.id RETURNING hash INTO previous;
                UPDATE audit_heads SET last_sequence_num = r.sequence_num, last_hash = previous, last_occurred_at = r.occurred_at WHERE team_id = '{team}';
            END LOOP;
        END $$;
        """;

    string Fill(string sql) => sql.Replace("{web}", $"{Web.Id}", StringComparison.Ordinal).Replace("{api}", $"{Api.Id}", StringComparison.Ordinal).Replace("{team}", $"{Team}", StringComparison.Ordinal);

    async ValueTask<NpgsqlConnection> OpenAsSuperuserAsync(CancellationToken cancellationToken)
    {
        var connection = new NpgsqlConnection(Database.Admin);
        await connection.OpenAsync(cancellationToken);
        return connection;
    }

    public async ValueTask DisposeAsync()
    {
        await Maintenance.DisposeAsync();
        await Database.DisposeAsync();
        _home.Delete(recursive: true);
    }
}
