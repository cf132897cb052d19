namespace Kyozo.Engine.Events;

/// <summary>
/// One of the two trails, as SQL finds it. Only functions of pg_catalog are called: whoever rules the database could have put his own in place of the
/// function that the trail is written with.
/// </summary>
/// <param name="Name">The table.</param>
/// <param name="Heads">The table of its heads.</param>
/// <param name="Chain">The column that names a chain.</param>
/// <param name="Columns">The columns that a row's hash covers, in their order (<c>deployment_event_hash</c>, <c>audit_event_hash</c>).</param>
/// <param name="Archive">The table of its archive, or null.</param>
sealed record TrailTable(string Name, string Heads, string Chain, IReadOnlyList<string> Columns, string? Archive)
{
    const string Microseconds = "CASE WHEN pg_catalog.isfinite(e.occurred_at) THEN (pg_catalog.extract('epoch', e.occurred_at) * 1000000)::bigint END";

    public static TrailTable Services { get; } = new(
        "deployment_events", "event_heads", "service_instance_id",
        ["id", "team_id", "service_instance_id", "event_type", "event_data", "error_message", "duration_ms", "sequence_num", "occurred_at", "user_id"],
        "deployment_events_archive");

    public static TrailTable People { get; } = new(
        "audit_events", "audit_heads", "team_id",
        ["id", "team_id", "actor_id", "action", "target_type", "target_id", "data", "sequence_num", "occurred_at"],
        null);

    public bool IsOfServices => Archive is not null;

    /// <summary>Chain, team, number, id, moment in microseconds, hash, hashed text, archived; each chain's rows together in the order of their numbers.</summary>
    /// <param name="ofTeam">True: only of the team $1. A row that was given to another team is still of this one while its chain is.</param>
    public string RowsSql(bool ofTeam) =>
        $"{RowsOf(Name, "false", ofTeam)}{(Archive is null ? "" : $" UNION ALL {RowsOf(Archive, "true", ofTeam)}")} ORDER BY 1, 3";

    /// <summary>Chain, team, last number, last moment, last hash; in the order of the chains.</summary>
    public string HeadsSql(bool ofTeam) =>
        $"SELECT h.{Chain}, h.team_id, h.last_sequence_num, {Microseconds.Replace("e.occurred_at", "h.last_occurred_at", StringComparison.Ordinal)}, h.last_hash FROM public.{Heads} h {(ofTeam ? "WHERE h.team_id = $1" : "")} ORDER BY 1";

    /// <summary>The columns of an anchor; each chain's anchors together in the order of what they hold.</summary>
    public string AnchorsSql(bool ofTeam) =>
        $"SELECT {AnchorRows.Columns} FROM public.audit_anchors a WHERE a.service_instance_id IS {(IsOfServices ? "NOT NULL" : "NULL")} {(ofTeam ? "AND a.team_id = $1" : "")} ORDER BY a.{Chain}, a.from_sequence_num, a.number";

    string RowsOf(string table, string archived, bool ofTeam)
    {
        var text = string.Join(", ", Columns.Select(column => column == "occurred_at" ? Microseconds : $"e.{column}"));
        var where = !ofTeam ? "" : IsOfServices ? $"WHERE e.team_id = $1 OR e.{Chain} IN (SELECT h.{Chain} FROM public.{Heads} h WHERE h.team_id = $1)" : "WHERE e.team_id = $1";
        return $"SELECT e.{Chain}, e.team_id, coalesce(e.sequence_num, {long.MaxValue}), e.id, {Microseconds}, coalesce(e.hash, ''), pg_catalog.jsonb_build_array({text})::text, {archived} FROM public.{table} e {where}";
    }
}
