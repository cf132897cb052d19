using System.CommandLine;
using Kyozo.Bench.Data;

var root = new RootCommand("Measures Kyozo against what it replaces, as ratios in one run: ./kyozo bench data")
{
    DataBenches.Create(),
};
return await root.Parse(args).InvokeAsync();
