using System.CommandLine;
using System.Diagnostics;
using Kyozo.Engine.Containers;
using Kyozo.Engine.Images;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Spectre.Console;

namespace Kyozo.Cli.Commands;

/// <summary><c>kyozo images</c>: the base images services are built on, and making them where there is no registry.</summary>
static class ImagesCommand
{
    public static Command Create() => new("images", "Base images that services are built on and run from.") { List(), Bootstrap() };

    static Command List()
    {
        var command = new Command("list", "Every base image, and where it comes from on this machine.");
        command.SetAction((_, cancellationToken) => GuardedAsync(async () =>
        {
            await using var services = Services();
            var runtime = services.GetRequiredService<IContainerRuntime>();
            var table = new Table().Border(TableBorder.None).AddColumns("image", "for", "registry", "made here", "present");
            foreach (var image in BaseImages.All.Values)
            {
                var present = await PresentAsync(runtime, image, cancellationToken);
                table.AddRow(image.Name, image.Purpose, image.Registry, image.Local ?? "–", present is null ? "no" : $"{present.SizeBytes >> 20} MiB");
            }

            AnsiConsole.Write(table);
        }));
        return command;
    }

    static Command Bootstrap()
    {
        var names = new Argument<string[]>("names") { Description = $"Images to make; without names: {string.Join(", ", BaseImages.Usual)}.", Arity = ArgumentArity.ZeroOrMore };
        var rebuild = new Option<bool>("--rebuild") { Description = "Make them anew, with the packages of today." };
        var command = new Command("bootstrap", "Make base images here, most from Debian's packages, for machines without a registry.") { names, rebuild };
        command.SetAction((arguments, cancellationToken) => GuardedAsync(async () =>
        {
            await using var services = Services();
            var bootstrap = services.GetRequiredService<BaseImageBootstrap>();
            var wanted = arguments.GetValue(names) is { Length: > 0 } named ? named : [.. BaseImages.Usual];
            var clock = Stopwatch.StartNew();
            void Tell(string line) => Console.WriteLine($"[{clock.Elapsed.TotalSeconds,4:0} s] {line}");

            if (arguments.GetValue(rebuild)) await bootstrap.RebuildAsync(wanted, Tell, cancellationToken);
            else await bootstrap.EnsureAsync(wanted, Tell, cancellationToken);
            Tell($"all there: {string.Join(", ", wanted)}");
        }));
        return command;
    }

    static async Task<ImageInfo?> PresentAsync(IContainerRuntime runtime, BaseImage image, CancellationToken cancellationToken) =>
        (image.Local is { } local ? await runtime.FindImageAsync(local, cancellationToken) : null) ?? await runtime.FindImageAsync(image.Registry, cancellationToken);

    static async Task<int> GuardedAsync(Func<Task> action)
    {
        try
        {
            await action();
            return 0;
        }
        catch (Exception problem) when (problem is EngineUnavailableException or EngineRefusedException or BaseImageUnavailableException or ImageBuildException)
        {
            Console.Error.WriteLine(problem.Message);
            return 1;
        }
    }

    static ServiceProvider Services() => new ServiceCollection()
        .AddSingleton<IConfiguration>(new ConfigurationBuilder().AddEnvironmentVariables().Build())
        .AddLogging()
        .AddContainers()
        .AddImages()
        .BuildServiceProvider();
}
