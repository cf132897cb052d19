using Kyozo.Cli.Testing;

namespace Kyozo.Cli.Tests.Testing;

public sealed class TestTallyTests
{
    [Fact]
    public void Modules_are_added_up_and_failures_are_kept_with_their_cause()
    {
        var tally = new TestTally();

        foreach (var line in Printed.Split('\n')) tally.Read(line);

        Assert.Equal((20, 1, 2), (tally.Passed, tally.Failed, tally.Skipped));
        Assert.Equal(
            [
                "failed Kyozo.Data.Tests.Events.TrailTests.Numbers_have_no_gap(count: 3) (194ms)",
                "  from /src/tests/Kyozo.Data.Tests.dll (net10.0|x64)",
                "  Assert.Empty() Failure: Collection was not empty",
            ],
            tally.Failures);
    }

    const string Printed = """
        Running tests from /src/tests/Kyozo.Data.Tests.dll (net10.0|x64)
        failed Kyozo.Data.Tests.Events.TrailTests.Numbers_have_no_gap(count: 3) (194ms)
          from /src/tests/Kyozo.Data.Tests.dll (net10.0|x64)
          Assert.Empty() Failure: Collection was not empty
        info: Microsoft.Hosting.Lifetime[0]
              Application is shutting down...
        Test run summary: Failed!
          total: 14
          failed: 1
          succeeded: 13
          skipped: 0
        Test run summary: Passed!
          failed: 0
          succeeded: 7
          skipped: 2
        """;
}
