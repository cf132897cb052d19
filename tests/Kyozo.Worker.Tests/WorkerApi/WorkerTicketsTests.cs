using Kyozo.Data;
using Kyozo.Data.Permissions;
using Kyozo.Data.WorkerApi;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace Kyozo.Worker.Tests.WorkerApi;

public sealed class WorkerTicketsTests : IDisposable
{
    static readonly Actor Someone = new(new("00000000-0000-7000-8000-00000000aaaa"), new("00000000-0000-7000-8000-00000000bbbb"));
    static readonly Guid Target = new("00000000-0000-7000-8000-00000000cccc");

    readonly string _home = Directory.CreateTempSubdirectory("kyozo-tickets-").FullName;

    [Fact]
    public void A_ticket_says_who_wants_what_and_another_process_with_the_same_key_ring_can_read_it()
    {
        var text = Tickets(_home, TimeProvider.System).Issue(Someone, WorkerOperation.ReadLogs, Target);

        Assert.Equal(new(Someone.UserId, Someone.TeamId, WorkerOperation.ReadLogs, Target), Tickets(_home, TimeProvider.System).Read(text));
    }

    [Fact]
    public void A_ticket_is_worth_nothing_after_a_minute()
    {
        var aMinuteAgo = new FakeTimeProvider(TimeProvider.System.GetUtcNow() - WorkerTickets.Lifetime - TimeSpan.FromSeconds(1));

        Assert.Null(Tickets(_home, TimeProvider.System).Read(Tickets(_home, aMinuteAgo).Issue(Someone, WorkerOperation.ReadLogs, Target)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("nonsense")]
    [InlineData("{\"userId\":\"00000000-0000-7000-8000-00000000aaaa\"}")]
    public void What_is_not_a_ticket_is_not_read(string text) =>
        Assert.Null(Tickets(_home, TimeProvider.System).Read(text));

    [Fact]
    public void A_ticket_changed_by_one_character_is_not_read()
    {
        var tickets = Tickets(_home, TimeProvider.System);
        var text = tickets.Issue(Someone, WorkerOperation.ReadLogs, Target).ToCharArray();
        text[^20] = text[^20] == 'A' ? 'B' : 'A';

        Assert.Null(tickets.Read(new(text)));
    }

    [Fact]
    public void A_ticket_of_another_installation_is_not_read()
    {
        var elsewhere = Path.Combine(_home, "elsewhere");

        Assert.Null(Tickets(_home, TimeProvider.System).Read(Tickets(elsewhere, TimeProvider.System).Issue(Someone, WorkerOperation.ReadLogs, Target)));
    }

    [Fact]
    public void Only_its_owner_can_read_the_key_ring()
    {
        Tickets(_home, TimeProvider.System).Issue(Someone, WorkerOperation.ReadLogs, Target);

        var folder = new DirectoryInfo(new KyozoHome(_home).KeyRing);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, folder.UnixFileMode);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, Assert.Single(folder.GetFiles()).UnixFileMode);
    }

    [Fact]
    public void Every_operation_declares_the_right_that_it_needs() =>
        Assert.All(Enum.GetValues<WorkerOperation>(), operation => Assert.True(Enum.IsDefined(WorkerAccess.Of(operation).Action)));

    public void Dispose() => Directory.Delete(_home, recursive: true);

    static WorkerTickets Tickets(string home, TimeProvider clock)
    {
        var services = new ServiceCollection().AddLogging().AddKyozoDataProtection(new KyozoHome(home)).BuildServiceProvider();
        return new(services.GetRequiredService<IDataProtectionProvider>(), clock);
    }
}
