using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Kyozo.Cli.Supervision;

/// <summary>What the base library does not offer: signals other than SIGKILL, and a session of one's own.</summary>
static class Signals
{
    const int Interrupt = 2;
    const int Kill = 9;
    const int Terminate = 15;

    /// <summary>Asks a process to end; nothing happens when it is gone.</summary>
    public static void Ask(ProcessIdentity process, StopSignal signal)
    {
        if (OperatingSystem.IsWindows()) End(process);
        else if (process.IsAlive) _ = SendSignal(process.Pid, signal is StopSignal.Interrupt ? Interrupt : Terminate);
    }

    /// <summary>Ends a process without asking.</summary>
    public static void End(ProcessIdentity process)
    {
        if (!process.IsAlive) return;
        if (!OperatingSystem.IsWindows())
        {
            _ = SendSignal(process.Pid, Kill);
            return;
        }

        using var handle = Process.GetProcessById(process.Pid);
        handle.Kill();
    }

    /// <summary>Leaves the terminal: its Ctrl-C and its end no longer reach this process and its children.</summary>
    public static void LeaveTerminal()
    {
        if (!OperatingSystem.IsWindows()) _ = NewSession();
    }

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    static extern int SendSignal(int pid, int signal);

    [DllImport("libc", EntryPoint = "setsid", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    static extern int NewSession();
}
