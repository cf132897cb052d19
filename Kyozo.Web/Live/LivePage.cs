using System.Text.Json;
using Kyozo.Data;
using Kyozo.Data.Deployments;
using Kyozo.Data.Permissions;
using Kyozo.Data.WorkerApi;
using Kyozo.Web.Authorization;
using Microsoft.AspNetCore.Components;
using MudBlazor;

namespace Kyozo.Web.Live;

/// <summary>Which face a page shows.</summary>
public enum Face { Loading, Ready, NotFound, Forbidden, Failed }

/// <summary>What every page and tab has: a face, a way to act, an end.</summary>
public abstract class LiveComponent : ComponentBase, IAsyncDisposable
{
    readonly CancellationTokenSource _ended = new();

    [Inject] public required Portal Portal { get; init; }
    [Inject] public required ISnackbar Toasts { get; init; }
    [Inject] public required TimeProvider Clock { get; init; }

    public Face Face { get; protected set; }

    /// <summary>What went wrong, in a sentence for people.</summary>
    public string? Problem { get; protected set; }

    /// <summary>Something this person asked for is under way: a second click is not taken.</summary>
    protected bool Acting { get; private set; }

    protected CancellationToken Ended => _ended.Token;

    /// <summary>Does what the person asked for; a refusal is told, never swallowed, and never trusted to the buttons shown.</summary>
    /// <returns>True when it was done.</returns>
    protected async Task<bool> ActAsync(string? done, Func<Actor, CancellationToken, Task> act)
    {
        if (Acting) return false;
        Acting = true;
        try
        {
            await Portal.ActAsync(async (actor, token) =>
            {
                await act(actor, token);
                return true;
            }, Ended);
            if (done is not null) Toasts.Add(done, Severity.Success);
            return true;
        }
        catch (AccessDeniedException e)
        {
            Toasts.Add(await DeniedAsync(e), Severity.Error);
        }
        catch (OperationCanceledException) when (Ended.IsCancellationRequested)
        {
        }
        catch (Exception e) when (Sentence(e) is { } sentence)
        {
            Toasts.Add(sentence, Severity.Error);
        }
        finally
        {
            Acting = false;
        }

        return false;
    }

    async Task<string> DeniedAsync(AccessDeniedException denied)
    {
        if (denied.Missing is null) return denied.Message;
        var person = await Portal.PersonAsync(Ended);
        return $"{denied.Message} {person.WhoGrants} can grant it.";
    }

    /// <summary>A failure that is expected to happen, in a sentence; null for a defect of ours.</summary>
    protected static string? Sentence(Exception e) => e switch
    {
        AccessDeniedException or WorkerUnavailableException or WorkerRefusedException or DeploymentRequestException or NoTeamException => e.Message,
        RefusedException => e.Message,
        _ => DatabaseTrouble.Of(e),
    };

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        await EndAsync();
        _ended.Dispose();
        GC.SuppressFinalize(this);
    }

    protected virtual ValueTask EndAsync() => ValueTask.CompletedTask;
}

/// <summary>The request cannot be done as it stands; the message says why and what would do.</summary>
public sealed class RefusedException(string message) : Exception(message);

/// <summary>
/// A page or tab that shows a record read from the database and reads it again whenever something in it may have changed.
/// What was prerendered is taken over by the circuit, so that the page does not flicker.
/// </summary>
public abstract class LivePage<TModel> : LiveComponent where TModel : class
{
    // The taken-over state travels in one hub message of at most 32 KB, encrypted and in Base64.
    const int MaxPersisted = 12_000;

    PersistingComponentStateSubscription _persisting;
    ChangeSubscription? _changes;
    Task _following = Task.CompletedTask;
    string? _loadedFor;

    [Inject] public required ChangeFeed Feed { get; init; }
    [Inject] public required PersistentComponentState Persisted { get; init; }

    protected TModel? Model { get; private set; }

    /// <summary>What identifies what is shown: another key is another page.</summary>
    protected virtual string Key => "";

    /// <summary>Reads what the page shows; null: there is no such thing for this person.</summary>
    protected abstract Task<TModel?> LoadAsync(CancellationToken cancellationToken);

    /// <summary>Called with what is shown from now on, whether it was read or taken over; forms are filled here.</summary>
    protected virtual void Show(TModel model)
    {
    }

    /// <summary>Whether the page reads again after this change.</summary>
    protected virtual bool Follows(Change change) => true;

    protected virtual TimeSpan PollEvery => ChangeFeed.PollEvery;

    string PersistedKey => $"{GetType().Name}:{Key}";

    protected override void OnInitialized() => _persisting = Persisted.RegisterOnPersisting(() =>
    {
        if (Model is not null && JsonSerializer.SerializeToUtf8Bytes(Model, KyozoJson.Compact) is { Length: < MaxPersisted } json)
            Persisted.PersistAsJson(PersistedKey, json);
        return Task.CompletedTask;
    });

    protected override async Task OnParametersSetAsync()
    {
        if (_loadedFor == Key) return;
        var first = _loadedFor is null;
        _loadedFor = Key;
        if (first && TakeOver()) return;
        if (!first) (Model, Face, Problem) = (null, Face.Loading, null);
        await ReloadAsync();
    }

    protected override void OnAfterRender(bool firstRender)
    {
        if (firstRender) _following = FollowAsync();
    }

    /// <summary>Reads again at once.</summary>
    protected async Task ReloadAsync()
    {
        var key = Key;
        try
        {
            var model = await LoadAsync(Ended);
            if (key != Key) return;
            Model = model;
            (Face, Problem) = (model is null ? Face.NotFound : Face.Ready, null);
            if (model is not null) Show(model);
        }
        catch (OperationCanceledException) when (Ended.IsCancellationRequested)
        {
        }
        catch (AccessDeniedException e)
        {
            Model = null;
            (Face, Problem) = e.Missing is null ? (Face.NotFound, null) : (Face.Forbidden, e.Message);
        }
        catch (NoTeamException e)
        {
            Model = null;
            (Face, Problem) = (Face.Forbidden, e.Message);
        }
        catch (Exception e) when (Sentence(e) is { } sentence)
        {
            // What was shown stays; the page says that it is old.
            (Face, Problem) = (Model is null ? Face.Failed : Face.Ready, sentence);
        }
    }

    bool TakeOver()
    {
        try
        {
            if (!Persisted.TryTakeFromJson<byte[]>(PersistedKey, out var json) || json is null) return false;
            Model = JsonSerializer.Deserialize<TModel>(json, KyozoJson.Compact);
            if (Model is null) return false;
            Face = Face.Ready;
            Show(Model);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    async Task FollowAsync()
    {
        _changes = Feed.Subscribe(Follows);
        try
        {
            while (true)
            {
                await _changes.WaitAsync(PollEvery, Ended);
                await InvokeAsync(async () =>
                {
                    await ReloadAsync();
                    StateHasChanged();
                });
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            // The page was left.
        }
    }

    protected override async ValueTask EndAsync()
    {
        _persisting.Dispose();
        _changes?.Dispose();
        await _following;
    }
}
