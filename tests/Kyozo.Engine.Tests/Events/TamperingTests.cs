using Kyozo.Data.Events;
using Kyozo.Testing;

namespace Kyozo.Engine.Tests.Events;

/// <summary>Whatever a superuser does to the trail, the check names the first row that is not what was written (A-53..A-55).</summary>
public sealed class TamperingTests(PostgresFixture postgres)
{
    const string Web = "service_instance_id = '{web}'";
    const string CutAfter5 = $"DELETE FROM deployment_events WHERE {Web} AND sequence_num > 5; ";

    static CancellationToken Stop => TestContext.Current.CancellationToken;

    /// <summary>What is done; where, what and which number is named.</summary>
    public static TheoryData<string, string, TrailFaultKind, long, string> Tamperings => new()
    {
        { "content changed", "deployment_events", TrailFaultKind.HashDiffers, 3, $"UPDATE deployment_events SET event_data = '{{}}' WHERE {Web} AND sequence_num = 3" },
        { "message emptied", "deployment_events", TrailFaultKind.HashDiffers, 3, $"UPDATE deployment_events SET error_message = NULL WHERE {Web} AND sequence_num = 3" },
        { "time changed", "deployment_events", TrailFaultKind.HashDiffers, 3, $"UPDATE deployment_events SET occurred_at = occurred_at - interval '1 microsecond' WHERE {Web} AND sequence_num = 3" },
        { "id changed", "deployment_events", TrailFaultKind.HashDiffers, 3, $"UPDATE deployment_events SET id = uuid_generate_v4() WHERE {Web} AND sequence_num = 3" },
        { "given to another team", "deployment_events", TrailFaultKind.HashDiffers, 3, $"UPDATE deployment_events SET team_id = uuid_generate_v4() WHERE {Web} AND sequence_num = 3" },
        { "hash changed", "deployment_events", TrailFaultKind.HashDiffers, 3, $"UPDATE deployment_events SET hash = sha256('') WHERE {Web} AND sequence_num = 3" },
        { "hash emptied", "deployment_events", TrailFaultKind.HashDiffers, 3, $"UPDATE deployment_events SET hash = '' WHERE {Web} AND sequence_num = 3" },
        { "changed after the last anchor", "deployment_events", TrailFaultKind.HashDiffers, 9, $"UPDATE deployment_events SET event_type = 'service_started' WHERE {Web} AND sequence_num = 9" },
        { "changed with the whole chain hashed anew and the head with it", "deployment_events", TrailFaultKind.AnchorDisagrees, 3, $"UPDATE deployment_events SET event_data = '{{}}' WHERE {Web} AND sequence_num = 3; {Trail.Rehash}" },
        { "first row changed and hashed anew", "deployment_events", TrailFaultKind.AnchorDisagrees, 1, $"UPDATE deployment_events SET user_id = NULL, error_message = 'x' WHERE {Web} AND sequence_num = 1; {Trail.Rehash}" },
        { "last anchored row changed and hashed anew", "deployment_events", TrailFaultKind.AnchorDisagrees, 8, $"UPDATE deployment_events SET error_message = 'x' WHERE {Web} AND sequence_num = 8; {Trail.Rehash}" },
        { "removed", "deployment_events", TrailFaultKind.NumberMissing, 3, $"DELETE FROM deployment_events WHERE {Web} AND sequence_num = 3" },
        { "first row removed", "deployment_events", TrailFaultKind.NumberMissing, 1, $"DELETE FROM deployment_events WHERE {Web} AND sequence_num = 1" },
        { "several removed", "deployment_events", TrailFaultKind.NumberMissing, 2, $"DELETE FROM deployment_events WHERE {Web} AND sequence_num IN (2, 4, 9)" },
        { "removed, the rest renumbered and hashed anew", "deployment_events", TrailFaultKind.AnchorDisagrees, 3, $"DELETE FROM deployment_events WHERE {Web} AND sequence_num = 3; UPDATE deployment_events SET sequence_num = sequence_num - 1 WHERE {Web} AND sequence_num > 3; {Trail.Rehash}" },
        { "added under a number that is taken", "deployment_events", TrailFaultKind.NumberTwice, 3, $"INSERT INTO deployment_events SELECT uuid_generate_v4(), occurred_at, team_id, service_instance_id, event_type, event_data, error_message, duration_ms, sequence_num, user_id, hash FROM deployment_events WHERE {Web} AND sequence_num = 3" },
        { "added between two, the rest pushed aside and hashed anew", "deployment_events", TrailFaultKind.AnchorDisagrees, 3, $"UPDATE deployment_events SET sequence_num = sequence_num + 1 WHERE {Web} AND sequence_num >= 3; INSERT INTO deployment_events SELECT uuid_generate_v4(), occurred_at, team_id, service_instance_id, event_type, event_data, error_message, duration_ms, 3, user_id, hash FROM deployment_events WHERE {Web} AND sequence_num = 2; {Trail.Rehash}" },
        { "added before the first", "deployment_events", TrailFaultKind.NumberTwice, 0, $"INSERT INTO deployment_events SELECT uuid_generate_v4(), occurred_at, team_id, service_instance_id, event_type, event_data, error_message, duration_ms, 0, user_id, hash FROM deployment_events WHERE {Web} AND sequence_num = 1" },
        { "added past the head", "deployment_events", TrailFaultKind.HeadDisagrees, 11, $"INSERT INTO deployment_events SELECT (e).id, (e).occurred_at, (e).team_id, (e).service_instance_id, (e).event_type, (e).event_data, (e).error_message, (e).duration_ms, (e).sequence_num, (e).user_id, deployment_event_hash(previous, e) FROM (SELECT e.hash AS previous, (uuid_generate_v4(), e.occurred_at, e.team_id, e.service_instance_id, e.event_type, e.event_data, e.error_message, e.duration_ms, 11, e.user_id, e.hash)::deployment_events AS e FROM deployment_events e WHERE {Web} AND sequence_num = 10) made" },
        { "cut off before the last anchor, the head set back", "deployment_events", TrailFaultKind.TailGone, 6, CutAfter5 + Trail.Rehash },
        { "cut off before the last anchor, the head left", "deployment_events", TrailFaultKind.TailGone, 6, CutAfter5 },
        { "cut off after the last anchor, the head left", "deployment_events", TrailFaultKind.TailGone, 10, $"DELETE FROM deployment_events WHERE {Web} AND sequence_num = 10" },
        { "cut off and written on", "deployment_events", TrailFaultKind.AnchorDisagrees, 6, CutAfter5 + Trail.Rehash + "SELECT append_event(uuid_generate_v4(), '{team}', '{web}', 'service_started', '{}') FROM generate_series(1, 9)" },
        { "head set back", "deployment_events", TrailFaultKind.HeadDisagrees, 10, "UPDATE event_heads SET last_sequence_num = 9 WHERE service_instance_id = '{web}'" },
        { "head set on", "deployment_events", TrailFaultKind.TailGone, 11, "UPDATE event_heads SET last_sequence_num = 12 WHERE service_instance_id = '{web}'" },
        { "head's hash changed", "event_heads", TrailFaultKind.HeadDisagrees, 10, "UPDATE event_heads SET last_hash = sha256('') WHERE service_instance_id = '{web}'" },
        { "head's time changed", "event_heads", TrailFaultKind.HeadDisagrees, 10, "UPDATE event_heads SET last_occurred_at = last_occurred_at + interval '1 hour' WHERE service_instance_id = '{web}'" },
        { "head removed", "event_heads", TrailFaultKind.HeadDisagrees, 10, "DELETE FROM event_heads WHERE service_instance_id = '{web}'" },
        { "every row removed", "deployment_events", TrailFaultKind.ChainGone, 1, $"DELETE FROM deployment_events WHERE {Web}" },
        { "every row and the head removed", "deployment_events", TrailFaultKind.ChainGone, 1, $"DELETE FROM deployment_events WHERE {Web}; DELETE FROM event_heads WHERE {Web}" },
        { "rows, head, anchors and service removed", "deployment_events", TrailFaultKind.ChainGone, 1, $"DELETE FROM deployment_events WHERE {Web}; DELETE FROM event_heads WHERE {Web}; DELETE FROM audit_anchors WHERE {Web}; DELETE FROM service_instances WHERE id = '{{web}}'" },
        { "changed, hashed anew, its anchors removed", "deployment_events", TrailFaultKind.AnchorDisagrees, 3, $"UPDATE deployment_events SET event_data = '{{}}' WHERE {Web} AND sequence_num = 3; {Trail.Rehash} DELETE FROM audit_anchors WHERE {Web}" },
        { "changed, hashed anew, its anchors made to fit", "deployment_events", TrailFaultKind.AnchorDisagrees, 3, $"UPDATE deployment_events SET event_data = '{{}}' WHERE {Web} AND sequence_num = 3; {Trail.Rehash} UPDATE audit_anchors a SET hash = e.hash, marks = (SELECT string_agg(substring(hash FOR 8), '' ORDER BY sequence_num) FROM deployment_events m WHERE m.service_instance_id = '{{web}}' AND m.sequence_num BETWEEN a.from_sequence_num AND a.sequence_num) FROM deployment_events e WHERE a.service_instance_id = '{{web}}' AND e.service_instance_id = '{{web}}' AND e.sequence_num = a.sequence_num" },
        { "changed by one who also replaced the hash function", "deployment_events", TrailFaultKind.HashDiffers, 3, $"UPDATE deployment_events SET event_data = '{{}}' WHERE {Web} AND sequence_num = 3; CREATE OR REPLACE FUNCTION deployment_event_hash(previous bytea, e deployment_events) RETURNS bytea LANGUAGE sql AS 'SELECT e.hash'" },
        { "changed with row level security off", "deployment_events", TrailFaultKind.HashDiffers, 3, $"ALTER TABLE deployment_events DISABLE ROW LEVEL SECURITY; ALTER TABLE deployment_events DISABLE TRIGGER ALL; UPDATE deployment_events SET event_data = '{{}}' WHERE {Web} AND sequence_num = 3" },
        { "table emptied", "deployment_events", TrailFaultKind.ChainGone, 1, "TRUNCATE deployment_events" },
        { "audit event changed", "audit_events", TrailFaultKind.HashDiffers, 2, "UPDATE audit_events SET action = 'x' WHERE team_id = '{team}' AND sequence_num = 2" },
        { "audit event changed and hashed anew", "audit_events", TrailFaultKind.AnchorDisagrees, 2, $"UPDATE audit_events SET data = '{{}}' WHERE team_id = '{{team}}' AND sequence_num = 2; {Trail.RehashAudit}" },
        { "audit event moved out of time", "audit_events", TrailFaultKind.HashDiffers, 2, "UPDATE audit_events SET occurred_at = 'infinity' WHERE team_id = '{team}' AND sequence_num = 2" },
        { "audit event removed", "audit_events", TrailFaultKind.NumberMissing, 2, "DELETE FROM audit_events WHERE team_id = '{team}' AND sequence_num = 2" },
        { "audit event given to another team", "audit_events", TrailFaultKind.NumberMissing, 2, "UPDATE audit_events SET team_id = 'ffffffff-ffff-7fff-bfff-ffffffffffff' WHERE team_id = '{team}' AND sequence_num = 2" },
        { "audit events cut off, the head set back", "audit_events", TrailFaultKind.TailGone, 3, $"DELETE FROM audit_events WHERE team_id = '{{team}}' AND sequence_num > 2; {Trail.RehashAudit}" },
        { "every audit event removed", "audit_events", TrailFaultKind.ChainGone, 1, "DELETE FROM audit_events; DELETE FROM audit_heads" },
        { "an anchor changed", "audit_anchors", TrailFaultKind.AnchorForged, 2, "UPDATE audit_anchors SET anchored_at = anchored_at - interval '1 second' WHERE number = 2" },
        { "an anchor removed", "audit_anchors", TrailFaultKind.AnchorGone, 2, "DELETE FROM audit_anchors WHERE number = 2" },
        { "the last anchor removed", "audit_anchors", TrailFaultKind.AnchorGone, 4, "DELETE FROM audit_anchors WHERE number = 4" },
        { "every anchor removed", "audit_anchors", TrailFaultKind.AnchorGone, 1, "TRUNCATE audit_anchors" },
        { "an anchor added", "audit_anchors", TrailFaultKind.AnchorForged, 5, "INSERT INTO audit_anchors SELECT 5, team_id, service_instance_id, from_sequence_num, sequence_num, last_occurred_at, hash, marks, anchored_at, previous_signature, signature FROM audit_anchors WHERE number = 4" },
    };

    [Theory, MemberData(nameof(Tamperings))]
    public async Task The_first_bad_row_is_named(string what, string place, TrailFaultKind kind, long number, string sql)
    {
        await using var trail = await Trail.WrittenAsync(postgres);
        await trail.TamperAsync(sql);

        foreach (var report in new[] { await trail.VerifyAsync(), await trail.VerifyAsSuperuserAsync(), await trail.VerifyAsync(trail.Team) })
        {
            var first = report.First;
            Assert.True(first is not null, what);
            Assert.Equal((place, kind, number), (first.Place, first.Kind, first.SequenceNum ?? -1));
            if (place is "deployment_events" or "event_heads") Assert.Equal(trail.Web.Id, first.ServiceInstanceId);
            Assert.NotEmpty(first.Message);
        }
    }

    [Fact]
    public async Task The_row_that_was_added_is_named_and_not_the_one_whose_number_it_took()
    {
        await using var trail = await Trail.WrittenAsync(postgres);
        var intruder = A.Id();
        await trail.TamperAsync($"INSERT INTO deployment_events SELECT '{intruder}', occurred_at - interval '1 microsecond', team_id, service_instance_id, event_type, event_data, error_message, duration_ms, sequence_num, user_id, hash FROM deployment_events WHERE {Web} AND sequence_num = 3");

        var report = await trail.VerifyAsync();

        Assert.Equal((TrailFaultKind.NumberTwice, intruder), (report.First!.Kind, report.First.Id));
    }

    [Fact]
    public async Task Each_chain_names_its_own_first_row_and_other_teams_stay_out_of_sight()
    {
        await using var trail = await Trail.WrittenAsync(postgres);
        var others = await A.ServiceAsync(trail.Database, await A.WorkspaceAsync(trail.Database, await A.TeamAsync(trail.Database, Stop), Stop), Stop);
        await trail.AppendAsync(others, 3);
        await trail.TamperAsync("DELETE FROM deployment_events WHERE sequence_num = 2; UPDATE audit_events SET action = 'x' WHERE sequence_num = 4");

        var whole = await trail.VerifyAsync();
        Assert.Equal(4, whole.FaultCount);
        Assert.Equal(["api", null, "web"], whole.Faults.Where(fault => fault.TeamId == trail.Team).Select(fault => fault.Service).Order(StringComparer.Ordinal).OrderBy(name => name is null ? "b" : name, StringComparer.Ordinal));
        Assert.Equal(1, (await trail.VerifyAsync(others.TeamId)).FaultCount);
        Assert.All((await trail.VerifyAsync(others.TeamId)).Faults, fault => Assert.Equal(others.Id, fault.ServiceInstanceId));
    }

    [Fact]
    public async Task Rows_hidden_from_the_owner_by_a_policy_are_told()
    {
        await using var trail = await Trail.WrittenAsync(postgres);
        await trail.TamperAsync("CREATE POLICY hide ON deployment_events AS RESTRICTIVE FOR SELECT TO kyozo_owner USING (error_message IS NULL)");

        Assert.Contains((await trail.VerifyAsync()).Faults, fault => fault.Kind is TrailFaultKind.RowsHidden && fault.Place == "deployment_events");
        Assert.True((await trail.VerifyAsSuperuserAsync()).IsWhole);
    }

    [Theory]
    [InlineData("DELETE FROM deployment_events WHERE service_instance_id = '{web}' AND sequence_num = 10; ")]
    [InlineData("UPDATE deployment_events SET error_message = 'x' WHERE service_instance_id = '{web}' AND sequence_num = 9; ")]
    public async Task What_nobody_can_see_is_said_and_the_next_anchor_ends_it(string sql)
    {
        await using var trail = await Trail.WrittenAsync(postgres);
        await trail.TamperAsync(sql + Trail.Rehash);

        var report = await trail.VerifyAsync();
        Assert.True(report.IsWhole);
        Assert.True(report.RowsAfterLastAnchor >= 2);
        Assert.Contains("could still rewrite or cut off", report.Limits, StringComparison.Ordinal);

        await trail.Writer.RunAsync(Stop);
        await trail.TamperAsync("UPDATE deployment_events SET error_message = 'y' WHERE service_instance_id = '{web}' AND sequence_num = 9; " + Trail.Rehash);
        Assert.Equal((TrailFaultKind.AnchorDisagrees, 9), ((await trail.VerifyAsync()).First!.Kind, (await trail.VerifyAsync()).First!.SequenceNum));
    }

    [Fact]
    public async Task Forged_anchors_after_a_rewrite_do_not_hide_it_from_the_file()
    {
        await using var trail = await Trail.WrittenAsync(postgres);
        await trail.TamperAsync($"UPDATE deployment_events SET event_data = '{{}}' WHERE {Web} AND sequence_num = 3; {Trail.Rehash} TRUNCATE audit_anchors");

        // The worker, none the wiser, signs what it now finds.
        await trail.Writer.RunAsync(Stop);

        var report = await trail.VerifyAsync();
        Assert.Equal((TrailFaultKind.AnchorDisagrees, 3), (report.First!.Kind, report.First.SequenceNum));
        Assert.Contains(report.Faults, fault => fault.Kind is TrailFaultKind.AnchorGone);
    }
}
