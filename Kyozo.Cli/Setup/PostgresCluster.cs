using System.Diagnostics;
using Kyozo.Data;
using Kyozo.Engine.Host;

namespace Kyozo.Cli.Setup;

/// <summary>
/// The own PostgreSQL as a process of this machine, from the distribution's programs.
/// As root the server runs as the user <c>postgres</c>, for it refuses to run as root.
/// </summary>
sealed class PostgresCluster(KyozoHome home, PostgresBinaries binaries, TimeProvider clock) : OwnPostgres(home, clock)
{
    string DataFolder => Path.Combine(Folder, "data");

    protected override CertificateFiles Certificates => new(CaFile, CaKeyFile, Path.Combine(DataFolder, "server.crt"), Path.Combine(DataFolder, "server.key"));

    protected override string Log => Path.Combine(Home.Logs, "postgres.log");

    // The server refuses to run as root; on Windows it gives up such rights by itself.
    static bool AsOtherUser => !OperatingSystem.IsWindows() && Environment.UserName == "root";

    /// <summary>Major version of the data folder of this home, or null when there is none yet.</summary>
    public static int? DataVersion(KyozoHome home)
    {
        var file = Path.Combine(home.Root, "postgres", "data", "PG_VERSION");
        return File.Exists(file) ? int.Parse(File.ReadAllText(file)) : null;
    }

    /// <summary>Makes the data folder unless it is there. Interrupted, it leaves nothing that the next time would take for a cluster.</summary>
    public async Task EnsureInitializedAsync(Action<string> say, CancellationToken cancellationToken)
    {
        if (DataVersion(Home) is null)
        {
            say($"Making a PostgreSQL {binaries.Version} database in {DataFolder}");
            await InitializeAsync(cancellationToken);
        }

        await RenewCertificateAsync(say, cancellationToken);
        await RememberPortAsync(cancellationToken);
    }

    /// <summary>How to start the server in the foreground; SIGINT ends it quickly and cleanly.</summary>
    public ProcessStartInfo StartInfo()
    {
        IEnumerable<string> settings = ["listen_addresses=127.0.0.1", $"port={Port}", "unix_socket_directories=", .. Settings];
        if (binaries.HasStatements) settings = settings.Append("shared_preload_libraries=pg_stat_statements");
        return AsServerUser(binaries.Program("postgres"), ["-D", DataFolder, .. settings.SelectMany(setting => new[] { "-c", setting })]);
    }

    protected override async Task HandOverCertificateAsync(CancellationToken cancellationToken)
    {
        if (AsOtherUser) await HostProgram.RequireAsync("chown", ["postgres:", Certificates.Server, Certificates.ServerKey], cancellationToken);
    }

    // Everything is made beside its place and moved there at the end: a data folder that is there is whole.
    async Task InitializeAsync(CancellationToken cancellationToken)
    {
        var half = DataFolder + ".new";
        var passwordFile = Path.Combine(Folder, ".password");
        if (Directory.Exists(half)) Directory.Delete(half, recursive: true);
        Directory.CreateDirectory(Folder);
        PrivateFile.Write(passwordFile, PrivateFile.ReadOrCreatePassword(PasswordFile));
        try
        {
            if (AsOtherUser) await LetServerInAsync(cancellationToken);
            await HostProgram.RequireAsync(AsServerUser(binaries.Program("initdb"),
                ["-D", half, "-U", Administrator, "--auth=scram-sha-256", $"--pwfile={passwordFile}", "--locale=C.UTF-8", "-E", "UTF8"]), _ => { }, cancellationToken);
            await File.WriteAllTextAsync(Path.Combine(half, "pg_hba.conf"),
                "# Written by Kyozo: encrypted, with a password, from this machine.\nhostssl all all 127.0.0.1/32 scram-sha-256\n", cancellationToken);
            Directory.Move(half, DataFolder);
        }
        finally
        {
            File.Delete(passwordFile);
            if (Directory.Exists(half)) Directory.Delete(half, recursive: true);
        }
    }

    async Task LetServerInAsync(CancellationToken cancellationToken)
    {
        if (OperatingSystem.IsWindows()) return;
        File.SetUnixFileMode(Home.Root, (UnixFileMode)0b111_001_001);
        await HostProgram.RequireAsync("chown", ["-R", "postgres:", Folder], cancellationToken);
        for (var folder = Path.GetDirectoryName(Home.Root); folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if ((File.GetUnixFileMode(folder) & UnixFileMode.OtherExecute) == 0)
                throw new CommandException($"The user postgres cannot reach {Home.Root}: {folder} is closed to others. Choose another KYOZO_HOME, or: chmod o+x {folder}");
        }
    }

    static ProcessStartInfo AsServerUser(string program, IReadOnlyList<string> arguments)
    {
        var start = AsOtherUser
            ? new ProcessStartInfo("setpriv", ["--reuid=postgres", "--regid=postgres", "--init-groups", program, .. arguments])
            : new ProcessStartInfo(program, arguments);
        // The caller's PG... and LC_... variables would leak into the server.
        start.Environment.Clear();
        start.Environment["PATH"] = "/usr/local/bin:/usr/bin:/bin";
        start.Environment["LC_ALL"] = "C.UTF-8";
        start.WorkingDirectory = "/";
        return start;
    }
}
