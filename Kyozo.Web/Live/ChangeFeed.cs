using System.Collections.Concurrent;
using System.Text.Json;
using Kyozo.Data;
using Npgsql;

namespace Kyozo.Web.Live;

/// <summary>A row changed (payload of NOTIFY <c>kyozo_changes</c>).</summary>
public sealed record Change(string Table, Guid? Team, Guid? Id);

/// <summary>
/// Listens to <c>kyozo_changes</c> on a connection of its own and wakes who waits. A notification is only a hint: whoever waits is woken
/// after <see cref="PollEvery"/> anyway and reads the rows, so a lost connection makes pages later, never wrong.
/// </summary>
public sealed class ChangeFeed(NpgsqlDataSource source, TimeProvider clock, ILogger<ChangeFeed> logger) : BackgroundService
{
    public const string Channel = "kyozo_changes";
    public static readonly TimeSpan PollEvery = TimeSpan.FromSeconds(10);
    static readonly TimeSpan Retry = TimeSpan.FromSeconds(3);

    readonly ConcurrentDictionary<ChangeSubscription, byte> _subscriptions = new();

    /// <summary>From now on; dispose to end.</summary>
    /// <param name="wanted">Which changes wake the subscriber.</param>
    public ChangeSubscription Subscribe(Func<Change, bool> wanted)
    {
        var subscription = new ChangeSubscription(wanted, clock, ended => _subscriptions.TryRemove(ended, out _));
        _subscriptions.TryAdd(subscription, 0);
        return subscription;
    }

    /// <summary>Wakes every subscriber that wants this change.</summary>
    internal void Publish(Change change)
    {
        foreach (var subscription in _subscriptions.Keys) subscription.Offer(change);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var lost = false;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await using var connection = await source.OpenConnectionAsync(stoppingToken);
                connection.Notification += (_, notification) =>
                {
                    if (Read(notification.Payload) is { } change) Publish(change);
                };
                await using (var listen = new NpgsqlCommand($"LISTEN {Channel}", connection)) await listen.ExecuteNonQueryAsync(stoppingToken);
                if (lost) logger.LogInformation("Listening to changes again");
                lost = false;
                while (true) await connection.WaitAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (e is NpgsqlException or IOException or TimeoutException or System.Net.Sockets.SocketException)
            {
                if (!lost) logger.LogWarning("Not listening to changes ({Reason}); pages poll every {Interval}", e.Message, PollEvery);
                lost = true;
                await Task.Delay(Retry, clock, stoppingToken);
            }
        }
    }

    static Change? Read(string payload)
    {
        try
        {
            return JsonSerializer.Deserialize<Change>(payload, KyozoJson.Compact);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
