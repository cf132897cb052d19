namespace Kyozo.Engine.Events;

/// <summary>A stream that can be looked at one element ahead, to merge several in the order that they share.</summary>
sealed class Cursor<T>(IAsyncEnumerable<T> source, CancellationToken cancellationToken) : IAsyncDisposable
{
    readonly IAsyncEnumerator<T> _source = source.GetAsyncEnumerator(cancellationToken);

    public bool HasCurrent { get; private set; }

    public T Current => _source.Current;

    /// <summary>Moves to the first element.</summary>
    public static async Task<Cursor<T>> OpenAsync(IAsyncEnumerable<T> source, CancellationToken cancellationToken)
    {
        var cursor = new Cursor<T>(source, cancellationToken);
        await cursor.MoveAsync();
        return cursor;
    }

    public async ValueTask MoveAsync() => HasCurrent = await _source.MoveNextAsync();

    public ValueTask DisposeAsync() => _source.DisposeAsync();
}
