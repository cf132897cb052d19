using Kyozo.Data.Schema.Preflight;

namespace Kyozo.Data.Tests.Schema.Preflight;

/// <summary>What each finding means.</summary>
public sealed class PreflightRulesTests
{
    static readonly DateTimeOffset Now = new(2026, 11, 25, 12, 0, 0, TimeSpan.Zero);

    static readonly PreflightFacts Good = new()
    {
        Now = Now,
        Database = "kyozo",
        Version = 150013,
        VersionName = "15.13",
        ReadOnly = false,
        Encoding = "UTF8",
        Extensions = new Dictionary<string, bool> { ["uuid-ossp"] = true, ["pg_stat_statements"] = true },
        Settings = new Dictionary<string, string>
        {
            ["max_locks_per_transaction"] = "256",
            ["client_connection_check_interval"] = "1s",
            ["maintenance_work_mem"] = "64MB",
            ["work_mem"] = "4MB",
            ["shared_preload_libraries"] = "pg_stat_statements",
        },
        Rights = new("operator", Superuser: true, CreateRole: true, OwnsDatabase: true, MissingRoles: [], IsOwner: true),
        Connection = new("127.0.0.1", SameMachine: true, Encrypted: true, Verified: true),
        Pending = [],
        Unknown = [],
        Collisions = [],
        DatabaseBytes = 1L << 30,
        LargestTable = new("service_metrics_20261125", 100L << 20),
        Disk = new("/data", 50L << 30, 100L << 30),
        Backup = new(Kept: true, Now.AddHours(-3), null),
        SeesOthers = true,
        OldTransactions = [],
        PreparedTransactions = 0,
        Blocked = [],
        Locks = [],
        KyozoSessions = ["Kyozo.Worker (kyozo_worker, 3)"],
        RunningDeployments = 0,
        Standbys = [],
        IdleSlots = [],
    };

    static readonly SessionFact Session = new(4711, "kyozo_worker, Kyozo.Worker, idle in transaction", TimeSpan.FromMinutes(20), "SELECT 1");

    [Fact]
    public void A_server_as_it_should_be_has_only_ok_lines() => Assert.All(PreflightRules.Judge(Good), line => Assert.Equal(PreflightLevel.Ok, line.Level));

    [Fact]
    public void A_start_that_nobody_watches_is_stopped_by_what_would_fail_and_by_old_transactions_where_tables_are_locked()
    {
        var locks = Good with { Pending = ["CreateReleases"], Locks = [new("workspaces", LockMode.AccessExclusive, "CreateReleases", 1 << 20, [])] };

        Assert.Empty(PreflightRules.Obstacles(locks));
        Assert.Empty(PreflightRules.Obstacles(Good with { OldTransactions = [Session] }));
        Assert.Contains("process 4711", Assert.Single(PreflightRules.Obstacles(locks with { OldTransactions = [Session] })).What, StringComparison.Ordinal);
        Assert.Equal("transactions", Assert.Single(PreflightRules.Obstacles(locks with { PreparedTransactions = 1 })).Check);
        Assert.Equal("disk", Assert.Single(PreflightRules.Obstacles(locks with { Disk = new("/data", 1 << 20, 100L << 30) })).Check);
        Assert.Equal("server", Assert.Single(PreflightRules.Obstacles(locks with { Version = 140010, VersionName = "14.10" })).Check);
    }

    [Fact]
    public void What_would_make_a_migration_fail_is_failed_with_the_way_out()
    {
        Failed(Good with { Version = 140010, VersionName = "14.10" }, "server", "needs 15 or later, because");
        Failed(Good with { ReadOnly = true }, "server", "takes no writes");
        Failed(Good with { Encoding = "SQL_ASCII" }, "server", "SQL_ASCII");
        Failed(Good with { Unknown = ["29991231000000_FromTheFuture"] }, "schema", "29991231000000_FromTheFuture");
        Failed(Good with { Collisions = ["users"] }, "schema", "users");
        Failed(Good with { Extensions = new Dictionary<string, bool>() }, "extension uuid-ossp", "does not have it");
        Failed(Good with { Rights = Good.Rights with { Superuser = false, CreateRole = false, MissingRoles = ["kyozo_owner"] } }, "rights", "may not create the roles kyozo_owner");
        Failed(Good with { Rights = Good.Rights with { Superuser = false, CreateRole = false, IsOwner = false } }, "rights", "may not act as kyozo_owner");
        Failed(Good with { Rights = Good.Rights with { Superuser = false, OwnsDatabase = false } }, "rights", "does not own the database");
        Failed(Good with { Disk = new("/data", 100L << 20, 100L << 30) }, "disk", "a migration may need 256.0 MiB");
        Failed(Good with { LargestTable = new("files", 60L << 30), DatabaseBytes = 70L << 30 }, "disk", "a migration may need 67.0 GiB");
    }

    [Fact]
    public void What_somebody_should_know_is_a_warning()
    {
        var pending = Good with { Pending = ["NotifyChanges"] };
        Warned(Good with { Disk = new("/data", 19L << 30, 100L << 30) }, "disk", "less than 20 %");
        Warned(Good with { Backup = new(Kept: false, null, null) }, "backup", "no backup that Kyozo knows of");
        Warned(Good with { Backup = new(Kept: true, null, null) }, "backup", "there is no backup");
        Warned(Good with { Backup = new(Kept: true, null, Now.AddHours(-1)) }, "backup", "60 minutes old and was never restored");
        Warned(Good with { Backup = new(Kept: true, Now.AddDays(-3), null) }, "backup", "3 days old");
        Warned(Good with { OldTransactions = [Session] }, "transactions", "process 4711 (kyozo_worker, Kyozo.Worker, idle in transaction, for 20 minutes)");
        Warned(Good with { PreparedTransactions = 2 }, "transactions", "2 prepared transactions");
        Warned(Good with { SeesOthers = false }, "transactions", "not visible");
        Warned(Good with { Blocked = ["process 1 (a) waits for 2: SELECT 1"] }, "waiting", "waits for 2");
        Warned(pending with { Locks = [new("files", LockMode.AccessExclusive, "NotifyChanges", 1 << 20, [Session])] }, "locks", "files is held now by process 4711");
        Warned(pending, "people", "connected: Kyozo.Worker (kyozo_worker, 3); no deployment runs");
        Warned(Good with { IdleSlots = ["old"] }, "replication", "old");
        Warned(Good with { Connection = new("db.example.org", SameMachine: false, Encrypted: false, Verified: false) }, "encryption", "db.example.org is not encrypted");
        Warned(Good with { Connection = new("db.example.org", SameMachine: false, Encrypted: true, Verified: false) }, "encryption", "does not have to prove itself");
        Warned(With("max_locks_per_transaction", "64"), "max_locks_per_transaction", "64");
        Warned(With("client_connection_check_interval", "0"), "client_connection_check_interval", "off");
        Warned(With("shared_preload_libraries", ""), "extension pg_stat_statements", "not preloaded");
    }

    [Fact]
    public void A_database_elsewhere_keeps_its_disk_to_itself_and_a_new_one_needs_no_backup()
    {
        Assert.Contains("cannot be seen from here", Line(Good with { Disk = null }, "disk").What, StringComparison.Ordinal);
        Assert.Equal(PreflightLevel.Ok, Line(Good with { Pending = ["CreateCoreTables"], LargestTable = null, Backup = new(Kept: false, null, null) }, "backup").Level);
        Assert.Equal(PreflightLevel.Ok, Line(Good with { Connection = new("/run/postgresql", SameMachine: true, Encrypted: false, Verified: false) }, "encryption").Level);
    }

    static PreflightFacts With(string setting, string value) => Good with { Settings = new Dictionary<string, string>(Good.Settings) { [setting] = value } };

    static void Failed(PreflightFacts facts, string check, string what) => Has(facts, check, PreflightLevel.Failed, what);

    static void Warned(PreflightFacts facts, string check, string what) => Has(facts, check, PreflightLevel.Warning, what);

    static void Has(PreflightFacts facts, string check, PreflightLevel level, string what)
    {
        var line = Line(facts, check);
        Assert.Equal(level, line.Level);
        Assert.Contains(what, line.What, StringComparison.Ordinal);
        Assert.NotNull(line.WayOut);
    }

    static PreflightLine Line(PreflightFacts facts, string check) => PreflightRules.Judge(facts).Single(line => line.Check == check);
}
