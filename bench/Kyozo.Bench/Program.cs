using System.CommandLine;
using Kyozo.Bench.Data;
using Kyozo.Bench.Detect;
using Kyozo.Bench.Probes;

var root = new RootCommand("Measures Kyozo against what it replaces, as ratios in one run: ./kyozo bench data")
{
    DataBenches.Create(),
    DetectBenches.Create(),
    TargetsCommand.Create(),
};
return await root.Parse(args).InvokeAsync();
