using System.CommandLine;
using System.Text.Json;
using Kyozo.Cli.Commands.Database;
using Kyozo.Cli.Output;
using Kyozo.Data;
using Kyozo.Data.Events;
using Kyozo.Data.Schema;
using Kyozo.Engine.Events;
using Npgsql;

namespace Kyozo.Cli.Commands;

/// <summary><c>kyozo audit verify</c>: reads the whole trail and names the first row that is not what was written. It needs no running worker, and trusts none.</summary>
static class AuditCommand
{
    public static Command Create() => new("audit", "Check the trail of what happened and who did it.") { Verify() };

    static Command Verify()
    {
        var connection = AdministratorConnection.Option();
        var team = new Option<string?>("--team") { Description = "Slug of a team: check its trail only." };
        var json = new Option<bool>("--json") { Description = "Print JSON." };
        var command = new Command("verify", "Check archive, live tables, heads and anchors row by row; exits 1 when something was changed, removed or added.") { connection, team, json };
        command.SetAction((result, cancellationToken) => AdministratorConnection.UseAsync(result.GetValue(connection), async administrator =>
        {
            await using var database = NpgsqlDataSource.Create(administrator);
            var only = result.GetValue(team) is { } slug ? await FindTeamAsync(database, slug, cancellationToken) : (Guid?)null;
            var progress = new Lines();
            var report = await new TrailVerifier(token => OpenAsync(database, token), KyozoHome.FromEnvironment(), TimeProvider.System).VerifyAsync(only, progress, cancellationToken);
            if (result.GetValue(json)) Console.WriteLine(JsonSerializer.Serialize(report, KyozoJson.Indented));
            else TrailText.Show(report, Console.Out);
            return report.IsWhole ? 0 : 1;
        }));
        return command;
    }

    static async Task<Guid> FindTeamAsync(NpgsqlDataSource database, string slug, CancellationToken cancellationToken)
    {
        await using var connection = await OpenAsync(database, cancellationToken);
        await using var command = new NpgsqlCommand("SELECT id FROM teams WHERE slug = $1 ORDER BY deleted_at DESC NULLS FIRST LIMIT 1", connection) { Parameters = { new() { Value = slug } } };
        return await command.ExecuteScalarAsync(cancellationToken) as Guid? ?? throw new CommandException($"There is no team {slug}. `kyozo audit verify` without --team checks all.");
    }

    // A superuser sees every row by himself; anybody else does as the owner.
    static async ValueTask<NpgsqlConnection> OpenAsync(NpgsqlDataSource database, CancellationToken cancellationToken)
    {
        var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var superuser = new NpgsqlCommand("SELECT rolsuper FROM pg_roles WHERE rolname = current_user", connection);
        if (await superuser.ExecuteScalarAsync(cancellationToken) is true) return connection;
        await using var owner = new NpgsqlCommand($"SET ROLE {DatabaseRoles.Owner}", connection);
        await owner.ExecuteNonQueryAsync(cancellationToken);
        return connection;
    }

    /// <summary>How far it is, on the error stream at most every two seconds: the result stays alone on the other.</summary>
    sealed class Lines : IProgress<TrailProgress>
    {
        static readonly TimeSpan Every = TimeSpan.FromSeconds(2);

        long _last = TimeProvider.System.GetTimestamp();

        public void Report(TrailProgress value)
        {
            if (TimeProvider.System.GetElapsedTime(_last) < Every) return;
            _last = TimeProvider.System.GetTimestamp();
            Console.Error.WriteLine($"{value.Rows:N0} of about {value.ExpectedRows:N0} rows");
        }
    }
}
