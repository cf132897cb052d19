using Kyozo.Testing;

namespace Kyozo.Cli.Tests.Commands;

/// <summary><c>kyozo export</c> and <c>kyozo import</c> as their users run them.</summary>
public sealed class ExportCommandTests : IDisposable
{
    readonly string _folder = Directory.CreateTempSubdirectory("kyozo-export-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    static Task<CommandResult> KyozoAsync(params string[] arguments) =>
        Command.RunAsync("dotnet", [Path.Combine(AppContext.BaseDirectory, "kyozo.dll"), .. arguments], TestContext.Current.CancellationToken);

    [Fact]
    public async Task A_folder_is_exported_and_never_over_a_file_that_is_there()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, "index.php"), "<?php echo 'hello';", TestContext.Current.CancellationToken);
        var output = Path.Combine(_folder, "out.yaml");

        var printed = await KyozoAsync("export", _folder, "--format", "compose");
        var written = await KyozoAsync("export", _folder, "--output", output);
        var again = await KyozoAsync("export", _folder, "--output", output);

        Assert.Equal((0, ""), (printed.ExitCode, printed.Error));
        Assert.Contains("services:", printed.Output, StringComparison.Ordinal);
        Assert.Equal((0, ""), (written.ExitCode, written.Output));
        Assert.Contains("type: php", await File.ReadAllTextAsync(output, TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.Equal(1, again.ExitCode);
        Assert.Contains($"{output} is there already", again.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_compose_file_becomes_a_kyozo_yaml_and_what_is_left_out_is_told()
    {
        var file = Path.Combine(_folder, "stack.yml");
        Directory.CreateDirectory(Path.Combine(_folder, "neighbour"));
        await File.WriteAllTextAsync(Path.Combine(_folder, "neighbour", "index.php"), "<?php echo 'hello';", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(file, "services:\n  cache:\n    image: redis:7\n    privileged: true\n    deploy: { replicas: 2 }\n", TestContext.Current.CancellationToken);

        var result = await KyozoAsync("import", file);

        Assert.Equal(0, result.ExitCode);
        Assert.Contains("replicas: 2", result.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("neighbour", result.Output, StringComparison.Ordinal);
        Assert.Contains("stack.yml#cache.privileged: ignored: not allowed", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_not_there_is_named()
    {
        var missing = await KyozoAsync("import", Path.Combine(_folder, "none.yml"));
        var empty = await KyozoAsync("export", _folder);

        Assert.Equal(2, missing.ExitCode);
        Assert.Contains("There is no file", missing.Error, StringComparison.Ordinal);
        Assert.Equal(1, empty.ExitCode);
        Assert.Contains("Nothing deployable was found", empty.Error, StringComparison.Ordinal);
    }
}
