using System.CommandLine;
using System.Runtime.InteropServices;
using Kyozo.Cli.Installation;
using Kyozo.Cli.Setup;
using Kyozo.Cli.Supervision;
using Kyozo.Data;
using Kyozo.Engine.Containers;
using Microsoft.Extensions.DependencyInjection;

namespace Kyozo.Cli.Commands;

/// <summary><c>kyozo supervise</c>: the process that <c>up</c> leaves behind. Not for people, so not listed.</summary>
static class SuperviseCommand
{
    public const string Name = "supervise";

    public static Command Create()
    {
        var command = new Command(Name, "Keep the processes of this installation running.") { Hidden = true };
        command.SetAction(async (_, cancellationToken) =>
        {
            Signals.LeaveTerminal();
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal => signal.Cancel = true);
            using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal =>
            {
                signal.Cancel = true;
                stop.Cancel();
            });

            var home = KyozoHome.FromEnvironment();
            await using var services = EngineServices.Create();
            var runtime = services.GetRequiredService<IContainerRuntime>();
            using var log = new ProcessLog(home.Logs, "supervisor");
            var watch = new EngineWatch(home, runtime, new(runtime, home, TimeProvider.System), log, TimeProvider.System).RunAsync(stop.Token);
            var database = new DatabaseWatch(home, new(home, runtime, TimeProvider.System), log, TimeProvider.System).RunAsync(stop.Token);
            var renewal = CertificateRenewal.RunAsync(home, runtime, TimeProvider.System, stop.Token);
            var alone = await new Supervisor(home, TimeProvider.System).RunAsync(stop.Token);
            await stop.CancelAsync();
            await Task.WhenAll(watch, database, renewal);
            return alone ? 0 : 1;
        });
        return command;
    }
}
