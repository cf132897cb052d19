using System.CommandLine;
using System.Net;
using System.Net.Sockets;

namespace Kyozo.Bench.Probes;

/// <summary>The probed endpoints, in a process of their own, so that their processor time is nobody's: <c>targets 20</c> prints its ports, then for each line that it reads how many requests it has answered.</summary>
static class TargetsCommand
{
    const int Backlog = 512;
    static readonly byte[] Answer = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"u8.ToArray();

    public static Command Create()
    {
        var count = new Argument<int>("count");
        var command = new Command("targets") { count };
        command.Hidden = true;
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var listeners = Enumerable.Range(0, parsed.GetValue(count)).Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToList();
            foreach (var listener in listeners) listener.Start(Backlog);
            var answered = new long[1];
            foreach (var listener in listeners) _ = ServeAsync(listener, answered, cancellationToken);
            Console.WriteLine(string.Join(' ', listeners.Select(listener => ((IPEndPoint)listener.LocalEndpoint).Port)));
            while (await Console.In.ReadLineAsync(cancellationToken) is not null) Console.WriteLine(Interlocked.Read(ref answered[0]));
            return 0;
        });
        return command;
    }

    static async Task ServeAsync(TcpListener listener, long[] answered, CancellationToken over)
    {
        while (true) _ = AnswerAsync(await listener.AcceptSocketAsync(over), answered, over);
    }

    static async Task AnswerAsync(Socket client, long[] answered, CancellationToken over)
    {
        using (client)
        {
            try
            {
                // A request without a body comes in one piece.
                if (await client.ReceiveAsync(new byte[2048], SocketFlags.None, over) == 0) return;
                Interlocked.Increment(ref answered[0]);
                await client.SendAsync(Answer, SocketFlags.None, over);
                client.Shutdown(SocketShutdown.Send);
                await client.ReceiveAsync(new byte[1], SocketFlags.None, over);
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException)
            {
                // The client is gone.
            }
        }
    }
}
