using System.Net;
using System.Net.Sockets;

namespace Kyozo.Cli.Setup;

/// <summary>Whether a port of this machine's loopback can be opened.</summary>
static class PortCheck
{
    public static bool IsFree(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
