using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Kyozo.Data.Events;
using Kyozo.Data.WorkerApi;
using Kyozo.Engine.Events;

namespace Kyozo.Worker.Api;

/// <summary>Endpoints that check the trail. The worker does it, who has the key of the anchors; it reads as the owner, whom no wall between teams stops.</summary>
static class TrailApi
{
    public static void MapTrail(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/trail/team", (HttpContext context, TrailVerifier verifier) =>
                new FrameResult<TrailFrame>(stop => VerifyAsync(verifier, context.Actor().TeamId, stop)))
            .Requires(WorkerOperation.VerifyTeamTrail);

        routes.MapGet("/trail", (TrailVerifier verifier) => new FrameResult<TrailFrame>(stop => VerifyAsync(verifier, null, stop)))
            .Requires(WorkerOperation.VerifyTrail);
    }

    static async IAsyncEnumerable<TrailFrame> VerifyAsync(TrailVerifier verifier, Guid? team, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // A reader that is slow misses how far it was, not the result.
        var frames = Channel.CreateBounded<TrailFrame>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest });
        var check = CheckAsync();
        await foreach (var frame in frames.Reader.ReadAllAsync(cancellationToken)) yield return frame;
        yield return new(null, await check);

        async Task<TrailReport> CheckAsync()
        {
            try
            {
                return await verifier.VerifyAsync(team, new Told(progress => frames.Writer.TryWrite(new(progress))), cancellationToken);
            }
            finally
            {
                frames.Writer.Complete();
            }
        }
    }

    sealed class Told(Action<TrailProgress> tell) : IProgress<TrailProgress>
    {
        public void Report(TrailProgress value) => tell(value);
    }
}
