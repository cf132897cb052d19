using System.CommandLine;
using System.Runtime.InteropServices;
using Kyozo.Cli.Installation;
using Kyozo.Cli.Output;
using Kyozo.Data;
using Kyozo.Data.Deployments;
using Kyozo.Data.Permissions;
using Kyozo.Data.Topology;
using Kyozo.Data.WorkerApi;
using Kyozo.Engine.Containers;
using Kyozo.Engine.Images;
using Microsoft.Extensions.DependencyInjection;

namespace Kyozo.Cli.Commands;

/// <summary><c>kyozo up [FOLDER] [--detach]</c>: everything on one machine, and the folder's services with it.</summary>
static class UpCommand
{
    public static Command Create()
    {
        var folder = new Argument<string?>("FOLDER") { Description = "Folder to deploy.", Arity = ArgumentArity.ZeroOrOne };
        var detach = new Option<bool>("--detach", "-d") { Description = "Leave Kyozo running and return when everything is healthy." };
        var database = new Option<string?>("--database") { Description = $"Administrator's connection string of a PostgreSQL server to use instead of an own one; '{DatabaseServer.InContainer}': an own one in a container." };
        var accept = new Option<string[]>("--accept") { Description = "Deploy this service although detection is not sure of it (may be given several times)." };
        var team = SharedOptions.Team();
        var command = new Command("up", "Start Kyozo on this machine; with a folder: find, build and run its services.") { folder, detach, database, accept, team };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            new(parsed.GetValue(folder), parsed.GetValue(detach), parsed.GetValue(database), parsed.GetValue(accept) ?? [], parsed.GetRequiredValue(team)), cancellationToken));
        return command;
    }

    static async Task<int> RunAsync(Wish wish, CancellationToken cancellationToken)
    {
        var home = KyozoHome.FromEnvironment();
        var progress = ProgressLines.OnConsole();
        var (folder, topology) = wish.Folder is null ? (null, null) : await LookAsync(wish.Folder, cancellationToken);

        await using var services = EngineServices.Create();
        var runtime = services.GetRequiredService<IContainerRuntime>();
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var images = Task.CompletedTask;
        try
        {
            var store = services.GetRequiredService<BaseImageStore>();
            var start = new InstallationStart(home, runtime, store, TimeProvider.System, progress)
            {
                PackagesInstalled = () => images = topology is null
                    ? Task.CompletedTask
                    : BaseImagePreparation.PrepareAsync(store, topology.Services, progress.Say, end.Token),
            };
            var ranBefore = await start.RunAsync(wish.Database, cancellationToken);
            await images;

            var exit = folder is null ? 0 : await DeployAsync(home, wish, folder, progress, cancellationToken);
            await ShowPortalAsync(home, progress, cancellationToken);
            if (wish.Detach) return exit;
            if (ranBefore)
            {
                progress.Show("Kyozo was running already and goes on running. Stop it with: ./kyozo down");
                return exit;
            }

            await WaitForEndAsync(home, progress, cancellationToken);
            await new InstallationStop(home, runtime, TimeProvider.System, progress).RunAsync(keepServices: false, CancellationToken.None);
            return exit;
        }
        finally
        {
            await end.CancelAsync();
            await images.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    static async Task<int> DeployAsync(KyozoHome home, Wish wish, string folder, ProgressLines progress, CancellationToken cancellationToken)
    {
        try
        {
            await using var session = await OperatorSession.OpenAsync(home, wish.Team, cancellationToken);
            return await new FolderDeployment(home, session, TimeProvider.System, progress).RunAsync(folder, wish.Accept, cancellationToken);
        }
        catch (Exception e) when (e is CommandException or WorkerRefusedException or WorkerUnavailableException or AccessDeniedException or DeploymentRequestException)
        {
            // Kyozo itself runs: its portal shows more than these lines.
            Console.Error.WriteLine(e.Message);
            return 1;
        }
    }

    static async Task<(string?, FolderTopology?)> LookAsync(string folder, CancellationToken cancellationToken) => await FolderCheck.LookAsync(folder, cancellationToken);

    static async Task ShowPortalAsync(KyozoHome home, ProgressLines progress, CancellationToken cancellationToken)
    {
        progress.Show();
        progress.Show($"Portal  {Addresses.Read(home).Portal.GetLeftPart(UriPartial.Authority)}");
        if (await SetupLink.FindAsync(home, cancellationToken) is { } link) progress.Show($"Set-up  {link}   (once; ./kyozo setup-link prints it again)");
    }

    // Ctrl-C, an end of the terminal, or somebody else's `down`.
    static async Task WaitForEndAsync(KyozoHome home, ProgressLines progress, CancellationToken cancellationToken)
    {
        progress.Show();
        progress.Show("Press Ctrl-C to stop everything.");
        var supervisor = new SupervisorHandle(home, TimeProvider.System);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal =>
        {
            signal.Cancel = true;
            end.Cancel();
        });
        var starts = new Dictionary<string, int>();
        while (!end.IsCancellationRequested && supervisor.State is { } state)
        {
            foreach (var process in state.Processes.Where(process => process.Starts > starts.GetValueOrDefault(process.Name)))
            {
                if (starts.ContainsKey(process.Name)) progress.Say($"{process.Name} had ended (exit code {process.LastExitCode}) and was started again");
                starts[process.Name] = process.Starts;
            }

            await Task.Delay(TimeSpan.FromSeconds(1), end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    sealed record Wish(string? Folder, bool Detach, string? Database, IReadOnlyCollection<string> Accept, string Team);
}
