using System.Globalization;

namespace Kyozo.Data.Schema.Preflight;

/// <summary>What each fact means for a migration, and the way out. No I/O.</summary>
static class PreflightRules
{
    const int OldestVersion = 150000;
    const int LeastLocks = 256;
    const long LeastRoom = 256L << 20;
    static readonly TimeSpan BackupAge = TimeSpan.FromHours(24);

    /// <summary>All lines, in the order in which they are read.</summary>
    public static IReadOnlyList<PreflightLine> Judge(PreflightFacts facts) =>
    [
        Server(facts), Schema(facts), Extensions(facts), Statements(facts), Rights(facts.Rights), Disk(facts), Backup(facts),
        Transactions(facts), Blocked(facts), Locks(facts), Sessions(facts), Replication(facts), LocksSetting(facts), CheckInterval(facts), Memory(facts), Encryption(facts.Connection),
    ];

    /// <summary>The lines that stop a migration which nobody watches: those that failed, and transactions that are open for long where tables that are there are locked.</summary>
    public static IReadOnlyList<PreflightLine> Obstacles(PreflightFacts facts)
    {
        var waits = facts.Locks.Count > 0 && (facts.OldTransactions.Count > 0 || facts.PreparedTransactions > 0);
        return [.. Judge(facts).Where(line => line.Level is PreflightLevel.Failed), .. waits ? new[] { Transactions(facts) } : []];
    }

    static PreflightLine Server(PreflightFacts facts)
    {
        if (facts.Version < OldestVersion)
            return new("server", PreflightLevel.Failed, $"PostgreSQL {facts.VersionName}; Kyozo needs 15 or later, because its optional foreign keys empty one column alone (SET NULL (column)) and older versions have reached their end", "upgrade the server with pg_upgrade, or let `kyozo up` start its own");
        if (facts.ReadOnly)
            return new("server", PreflightLevel.Failed, $"PostgreSQL {facts.VersionName} takes no writes: it is a standby, or default_transaction_read_only is on", "connect to the primary, or: ALTER SYSTEM RESET default_transaction_read_only");
        return facts.Encoding == "UTF8"
            ? new("server", PreflightLevel.Ok, $"PostgreSQL {facts.VersionName}, UTF8")
            : new("server", PreflightLevel.Failed, $"the database {facts.Database} has the encoding {facts.Encoding}; names and logs are UTF8", "createdb -T template0 -E UTF8 kyozo");
    }

    static PreflightLine Schema(PreflightFacts facts)
    {
        if (facts.Unknown.Count > 0)
            return new("schema", PreflightLevel.Failed, $"the database has migrations that this version does not know: {string.Join(", ", facts.Unknown)}", "update Kyozo; to go back, run rollback with the newer version");
        if (facts.Collisions.Count > 0)
            return new("schema", PreflightLevel.Failed, $"tables of another program are in the way: {string.Join(", ", facts.Collisions)}", "give Kyozo a database of its own: createdb kyozo");
        return new("schema", PreflightLevel.Ok, facts.Pending.Count == 0 ? "nothing to apply" : $"to apply: {string.Join(", ", facts.Pending)}", facts.Pending.Count == 0 ? null : "to read them before: kyozo db migrate --sql");
    }

    static PreflightLine Extensions(PreflightFacts facts) => facts.Extensions.TryGetValue("uuid-ossp", out var installed)
        ? new("extension uuid-ossp", PreflightLevel.Ok, installed ? "installed" : "available")
        : new("extension uuid-ossp", PreflightLevel.Failed, "the server does not have it", "apt-get install postgresql-contrib   (on the server)");

    static PreflightLine Statements(PreflightFacts facts)
    {
        if (!facts.Extensions.TryGetValue("pg_stat_statements", out var installed))
            return new("extension pg_stat_statements", PreflightLevel.Warning, "the server does not have it: slow queries will not be listed", "apt-get install postgresql-contrib   (on the server)");
        return facts.Settings.GetValueOrDefault("shared_preload_libraries", "").Contains("pg_stat_statements", StringComparison.Ordinal)
            ? new("extension pg_stat_statements", PreflightLevel.Ok, installed ? "installed" : "available and preloaded")
            : new("extension pg_stat_statements", PreflightLevel.Warning, "not preloaded: slow queries will not be listed", "ALTER SYSTEM SET shared_preload_libraries = 'pg_stat_statements', and restart the server");
    }

    static PreflightLine Rights(RightsFact rights)
    {
        if (rights.Superuser) return new("rights", PreflightLevel.Ok, $"{rights.Role} is a superuser");
        if (rights.MissingRoles.Count > 0 && !rights.CreateRole)
            return new("rights", PreflightLevel.Failed, $"{rights.Role} may not create the roles {string.Join(", ", rights.MissingRoles)}", $"ALTER ROLE {rights.Role} CREATEROLE");
        if (rights.MissingRoles.Count == 0 && !rights.IsOwner && !rights.CreateRole)
            return new("rights", PreflightLevel.Failed, $"{rights.Role} may not act as {DatabaseRoles.Owner}", $"GRANT {DatabaseRoles.Owner} TO {rights.Role}");
        return rights.OwnsDatabase
            ? new("rights", PreflightLevel.Ok, $"{rights.Role} owns the database and may act as {DatabaseRoles.Owner}; BYPASSRLS for {DatabaseRoles.Backup} and pg_stat_statements need a superuser and are left out")
            : new("rights", PreflightLevel.Failed, $"{rights.Role} does not own the database", $"ALTER DATABASE … OWNER TO {rights.Role}");
    }

    static PreflightLine Disk(PreflightFacts facts)
    {
        var tables = $"the database has {Size(facts.DatabaseBytes)}{(facts.LargestTable is { } largest ? $", its largest table {largest.Name} {Size(largest.Bytes)}" : "")}";
        if (facts.Disk is not { } disk) return new("disk", PreflightLevel.Ok, $"{tables}; the server's disk cannot be seen from here", "look on the server that 20 % of it are free: df -h");

        // Room for indexes is a tenth of the data (the requirement); a table that is rewritten is there twice for a while.
        var needed = Math.Max(LeastRoom, facts.DatabaseBytes / 10 + (facts.LargestTable?.Bytes ?? 0));
        var share = 100.0 * disk.FreeBytes / disk.TotalBytes;
        var what = string.Create(CultureInfo.InvariantCulture, $"{Size(disk.FreeBytes)} ({share:0} %) free at {disk.Folder}; {tables}");
        if (disk.FreeBytes < needed) return new("disk", PreflightLevel.Failed, $"{what}; a migration may need {Size(needed)}", "free some room, or give the server a larger disk");
        return share >= 20 ? new("disk", PreflightLevel.Ok, what) : new("disk", PreflightLevel.Warning, $"{what}; less than 20 %", "see what takes the room: kyozo db stats");
    }

    static PreflightLine Backup(PreflightFacts facts)
    {
        const string command = "kyozo db backup";
        if (facts.Pending.Count > 0 && facts.LargestTable is null) return new("backup", PreflightLevel.Ok, "there is nothing to back up yet");
        if (!facts.Backup.Kept) return new("backup", PreflightLevel.Warning, "there is no backup that Kyozo knows of", "pg_dump -Fc, or after the migration: " + command);
        if (facts.Backup.LastGood is not { } good)
        {
            return facts.Backup.LastUnchecked is { } made
                ? new("backup", PreflightLevel.Warning, $"the last backup is {Age(facts.Now - made)} old and was never restored to be checked", command)
                : new("backup", PreflightLevel.Warning, "there is no backup", command);
        }

        var age = facts.Now - good;
        return age <= BackupAge
            ? new("backup", PreflightLevel.Ok, $"the last checked backup is {Age(age)} old")
            : new("backup", PreflightLevel.Warning, $"the last checked backup is {Age(age)} old", command);
    }

    static PreflightLine Transactions(PreflightFacts facts)
    {
        if (facts.OldTransactions.Count > 0)
            return new("transactions", PreflightLevel.Warning, $"open for long: {string.Join("; ", facts.OldTransactions.Select(Describe))}. What they have read or written keeps a migration waiting", $"kyozo db psql --admin -- -c \"SELECT pg_terminate_backend({facts.OldTransactions[0].ProcessId})\"");
        if (facts.PreparedTransactions > 0)
            return new("transactions", PreflightLevel.Warning, $"{facts.PreparedTransactions} prepared transactions hold their locks until somebody ends them", "SELECT gid FROM pg_prepared_xacts, then ROLLBACK PREPARED '…'");
        return facts.SeesOthers
            ? new("transactions", PreflightLevel.Ok, "none is open for longer than a minute")
            : new("transactions", PreflightLevel.Warning, "other people's transactions are not visible to this role", "GRANT pg_read_all_stats TO this role, as a superuser");
    }

    static PreflightLine Blocked(PreflightFacts facts) => facts.Blocked.Count == 0
        ? new("waiting", PreflightLevel.Ok, "nobody waits for a lock")
        : new("waiting", PreflightLevel.Warning, string.Join("; ", facts.Blocked), "end the session that is waited for, or look again in a minute");

    static PreflightLine Locks(PreflightFacts facts)
    {
        if (facts.Locks.Count == 0) return new("locks", PreflightLevel.Ok, facts.Pending.Count == 0 ? "nothing to apply, nothing to lock" : "only new tables are touched; nobody waits");
        var tables = string.Join("; ", facts.Locks.Select(risk => $"{risk.Table} ({Size(risk.Bytes)}): {Meaning(risk.Mode)} during {risk.Migration}"));
        return facts.Locks.FirstOrDefault(risk => risk.Holders.Count > 0) is { } held
            ? new("locks", PreflightLevel.Warning, $"{tables}. {held.Table} is held now by {string.Join("; ", held.Holders.Select(Describe))}: the migration waits for it, and everybody else behind the migration", "migrate when it is done, or with --statement-timeout 10s, so that nobody waits for longer")
            : new("locks", PreflightLevel.Ok, tables);
    }

    static PreflightLine Sessions(PreflightFacts facts)
    {
        if (facts.KyozoSessions.Count == 0) return new("people", PreflightLevel.Ok, "no process of Kyozo is connected");
        var deployments = facts.RunningDeployments == 0 ? "no deployment runs" : $"{facts.RunningDeployments} deployments run or wait";
        var what = $"connected: {string.Join(", ", facts.KyozoSessions)}; {deployments}";
        return facts.Pending.Count == 0
            ? new("people", PreflightLevel.Ok, what)
            : new("people", PreflightLevel.Warning, what, "tell the team, then: kyozo down --keep-services   (services go on serving), and after it: kyozo up");
    }

    static PreflightLine Replication(PreflightFacts facts)
    {
        if (facts.IdleSlots.Count > 0)
            return new("replication", PreflightLevel.Warning, $"nobody reads the slots {string.Join(", ", facts.IdleSlots)}: what a migration writes fills the disk", "SELECT pg_drop_replication_slot('…') when nobody needs it any more");
        return new("replication", PreflightLevel.Ok, facts.Standbys.Count == 0 ? "no standby" : $"{string.Join("; ", facts.Standbys)}; they replay the migration and lock as it does");
    }

    static PreflightLine LocksSetting(PreflightFacts facts)
    {
        var locks = int.Parse(facts.Settings["max_locks_per_transaction"], CultureInfo.InvariantCulture);
        return locks >= LeastLocks
            ? new("max_locks_per_transaction", PreflightLevel.Ok, $"{locks}")
            : new("max_locks_per_transaction", PreflightLevel.Warning, $"{locks}; a query over a hundred daily partitions and their indexes takes more", $"ALTER SYSTEM SET max_locks_per_transaction = {LeastLocks}, and restart the server");
    }

    static PreflightLine CheckInterval(PreflightFacts facts) => facts.Settings.GetValueOrDefault("client_connection_check_interval", "0") is var interval and not "0"
        ? new("client_connection_check_interval", PreflightLevel.Ok, interval)
        : new("client_connection_check_interval", PreflightLevel.Warning, "off: the locks of a process that was killed are held until its statement ends", "ALTER SYSTEM SET client_connection_check_interval = '1s'; SELECT pg_reload_conf()");

    static PreflightLine Memory(PreflightFacts facts) =>
        new("memory", PreflightLevel.Ok, $"maintenance_work_mem {facts.Settings["maintenance_work_mem"]} for each index build, work_mem {facts.Settings["work_mem"]}");

    /// <summary>How private a connection is.</summary>
    public static PreflightLine Encryption(ConnectionFact connection)
    {
        if (connection.Encrypted && (connection.Verified || connection.SameMachine))
            return new("encryption", PreflightLevel.Ok, connection.Verified ? "TLS, and the server has proved itself" : "TLS, on this machine");
        if (connection.Encrypted)
            return new("encryption", PreflightLevel.Warning, $"TLS, but {connection.Host} does not have to prove itself: whoever stands in between reads everything", "SSL Mode=VerifyFull;Root Certificate=/path/to/ca.crt in the connection string");
        return connection.SameMachine
            ? new("encryption", PreflightLevel.Ok, "none; the connection does not leave this machine")
            : new("encryption", PreflightLevel.Warning, $"the connection to {connection.Host} is not encrypted", "ssl = on at the server, and SSL Mode=VerifyFull;Root Certificate=/path/to/ca.crt in the connection string");
    }

    static string Meaning(LockMode mode) => mode switch
    {
        LockMode.AccessExclusive => "readers and writers wait",
        LockMode.ShareUpdateExclusive => "nobody waits but maintenance",
        _ => "writers wait",
    };

    static string Describe(SessionFact session) => $"process {session.ProcessId} ({session.Who}, for {Age(session.Age)}): {session.Query}";

    static string Age(TimeSpan age) => age switch
    {
        { TotalDays: >= 2 } => string.Create(CultureInfo.InvariantCulture, $"{age.TotalDays:0} days"),
        { TotalHours: >= 2 } => string.Create(CultureInfo.InvariantCulture, $"{age.TotalHours:0} hours"),
        { TotalMinutes: >= 2 } => string.Create(CultureInfo.InvariantCulture, $"{age.TotalMinutes:0} minutes"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{Math.Max(0, age.TotalSeconds):0} seconds"),
    };

    static string Size(long bytes) => bytes >= 1L << 30
        ? string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1L << 30):0.0} GiB")
        : string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1L << 20):0.0} MiB");
}
