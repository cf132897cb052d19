using Kyozo.Data.Permissions;

namespace Kyozo.Data.Tenancy;

/// <summary>Who acts in the current flow of control. Every connection opened meanwhile carries the actor as <c>app.user_id</c> and <c>app.team_id</c>, by which row level security decides; without an actor the portal's role sees no row of any team.</summary>
public sealed class CurrentActor
{
    readonly AsyncLocal<Actor?> _actor = new();

    /// <summary>The actor, or null.</summary>
    public Actor? Value => _actor.Value;

    /// <summary>Acts as somebody until the result is disposed; nests.</summary>
    public IDisposable Use(Actor? actor)
    {
        var before = _actor.Value;
        _actor.Value = actor;
        return new Restoring(this, before);
    }

    sealed class Restoring(CurrentActor owner, Actor? before) : IDisposable
    {
        public void Dispose() => owner._actor.Value = before;
    }
}
