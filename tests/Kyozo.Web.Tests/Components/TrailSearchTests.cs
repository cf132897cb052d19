using System.Data.Common;
using Kyozo.Data;
using Kyozo.Data.Schema;
using Kyozo.Data.Tenancy;
using Kyozo.Testing;
using Kyozo.Web.Authorization;
using Kyozo.Web.Components.Pages.Events;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.DependencyInjection;

namespace Kyozo.Web.Tests.Components;

public sealed class TrailSearchTests(PostgresFixture postgres)
{
    static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_day_that_moves_into_the_archive_while_the_page_is_read_is_shown_once()
    {
        await using var database = await postgres.CreateDatabaseAsync(Stop);
        var team = await A.TeamAsync(database, Stop);
        var service = await A.ServiceAsync(database, await A.WorkspaceAsync(database, team, Stop), Stop);
        await database.ExecuteAsync($"SELECT append_event(gen_random_uuid(), '{team.Id}', '{service.Id}', 'service_started', '{"{}"}') FROM generate_series(1, 3)", Stop);
        var move = new Move(database, DateOnly.FromDateTime(await database.ReadAsync<DateTime>("SELECT max(occurred_at) FROM deployment_events", Stop)));
        await using var services = new ServiceCollection().AddLogging().AddSingleton<IInterceptor>(move).AddKyozoData(database.Admin, "tests").BuildServiceProvider();
        await using var db = await services.GetRequiredService<IDbContextFactory<KyozoContext>>().CreateDbContextAsync(Stop);
        var choice = new TeamChoice(team.Id, team.Name, team.Slug, TeamRole.Owner);

        var page = await TrailSearch.ReadAsync(db, new(A.Id(), "ada", "Ada", false, [choice], choice, []), new("services"), null, TimeProvider.System.GetUtcNow(), 50, Stop);

        Assert.True(move.Done);
        Assert.Equal([3L, 2, 1], page.Lines.Select(line => line.Sequence));
    }

    /// <summary>Moves a day after it was read from the live table and before the archive is.</summary>
    sealed class Move(TestDatabase database, DateOnly day) : DbCommandInterceptor
    {
        bool _read;

        public bool Done { get; private set; }

        public override async ValueTask<InterceptionResult<DbDataReader>> ReaderExecutingAsync(
            DbCommand command, CommandEventData eventData, InterceptionResult<DbDataReader> result, CancellationToken cancellationToken = default)
        {
            if (_read && !Done && command.CommandText.Contains("pg_inherits", StringComparison.Ordinal))
            {
                Done = true;
                var name = Partitions.NameOf("deployment_events", day);
                await database.ExecuteAsync(
                    $"""
                    ALTER TABLE deployment_events DETACH PARTITION {name};
                    ALTER TABLE deployment_events_archive ATTACH PARTITION {name} FOR VALUES FROM ('{day:yyyy-MM-dd}+00') TO ('{day.AddDays(1):yyyy-MM-dd}+00');
                    """, cancellationToken);
            }

            return result;
        }

        public override async ValueTask<DbDataReader> ReaderExecutedAsync(DbCommand command, CommandExecutedEventData eventData, DbDataReader result, CancellationToken cancellationToken = default)
        {
            // Not the window before: in that no row was.
            _read |= command.CommandText.Contains("FROM deployment_events e", StringComparison.Ordinal) && result.HasRows;
            return await ValueTask.FromResult(result);
        }
    }
}
