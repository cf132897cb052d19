using System.CommandLine;
using Kyozo.Bench.Data;
using Kyozo.Bench.Detect;

var root = new RootCommand("Measures Kyozo against what it replaces, as ratios in one run: ./kyozo bench data")
{
    DataBenches.Create(),
    DetectBenches.Create(),
};
return await root.Parse(args).InvokeAsync();
