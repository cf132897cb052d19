using Kyozo.Data.Schema;

namespace Kyozo.Engine.DatabaseVolume;

/// <summary>What the last look at the database's disk found; the watch is its one writer.</summary>
public sealed class DatabaseVolumeState
{
    volatile Seen _seen = new(VolumeLevel.Roomy, null);

    /// <summary>The level; <see cref="VolumeLevel.Roomy"/> as long as the disk cannot be seen.</summary>
    public VolumeLevel Level => _seen.Level;

    /// <summary>The disk, or null when it cannot be seen.</summary>
    public DiskRoom? Room => _seen.Room;

    /// <summary>Goes on while there is room for something that can wait.</summary>
    /// <param name="what">What waits, for the message: "Builds".</param>
    /// <exception cref="DatabaseVolumeFullException">There is none.</exception>
    public void RequireRoom(string what)
    {
        if (_seen is { Level: VolumeLevel.Full, Room: { } room }) throw new DatabaseVolumeFullException(what, room);
    }

    internal void Set(VolumeLevel level, DiskRoom? room) => _seen = new(level, room);

    sealed record Seen(VolumeLevel Level, DiskRoom? Room);
}

/// <summary>The database's disk is nearly full, and what was asked for can wait.</summary>
public sealed class DatabaseVolumeFullException(string what, DiskRoom room)
    : Exception(FormattableString.Invariant($"The database's disk is {room.Used * 100:0} % full. {what} wait until somebody has made room on it ({room.FreeBytes >> 20} MiB are left)."));
