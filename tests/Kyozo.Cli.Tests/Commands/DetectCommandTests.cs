using System.Text.Json;
using Kyozo.Testing;

namespace Kyozo.Cli.Tests.Commands;

/// <summary><c>kyozo detect</c> as its users run it: a process of its own.</summary>
public sealed class DetectCommandTests : IDisposable
{
    readonly string _folder = Directory.CreateTempSubdirectory("kyozo-detect-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Json_is_all_that_stands_on_standard_output()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, "index.php"), "<?php echo 'hello';", TestContext.Current.CancellationToken);

        var result = await KyozoAsync("detect", _folder, "--json");

        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        using var topology = JsonDocument.Parse(result.Output);
        Assert.Equal(_folder, topology.RootElement.GetProperty("folder").GetString());
        Assert.Equal("php", topology.RootElement.GetProperty("services")[0].GetProperty("type").GetString());
    }

    [Fact]
    public async Task Folder_with_nothing_to_deploy_gives_an_empty_list_a_message_and_exit_0()
    {
        var result = await KyozoAsync("detect", _folder, "--json");

        Assert.Equal(0, result.ExitCode);
        using var topology = JsonDocument.Parse(result.Output);
        Assert.Equal(0, topology.RootElement.GetProperty("services").GetArrayLength());
        Assert.Contains($"Nothing deployable was found in {_folder}", result.Error);
    }

    [Fact]
    public async Task Folder_that_is_not_there_is_named_and_gives_exit_2()
    {
        var missing = Path.Combine(_folder, "missing");

        var result = await KyozoAsync("detect", missing, "--json");

        Assert.Equal((2, ""), (result.ExitCode, result.Output));
        Assert.Contains($"There is no folder {missing}. Check the path", result.Error);
    }

    [Fact]
    public async Task Explanation_tells_file_line_and_weight()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, "index.php"), "<?php echo 'hello';", TestContext.Current.CancellationToken);

        var result = await KyozoAsync("detect", _folder, "--explain");

        Assert.Equal(0, result.ExitCode);
        Assert.Contains("+0.85  page index.php  index.php", result.Output);
    }

    static Task<CommandResult> KyozoAsync(params string[] arguments) =>
        Command.RunAsync("dotnet", [Path.Combine(AppContext.BaseDirectory, "kyozo.dll"), .. arguments], TestContext.Current.CancellationToken);
}
