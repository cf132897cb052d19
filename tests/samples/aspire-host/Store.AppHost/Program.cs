var builder = DistributedApplication.CreateBuilder(args);

var cache = builder.AddRedis("cache");
var catalog = builder.AddPostgres("postgres").AddDatabase("catalog");

var api = builder.AddProject<Projects.Store_Api>("api")
    .WithReference(catalog)
    .WaitFor(catalog);

builder.AddProject<Projects.Store_Web>("web")
    .WithReference(api)
    .WithReference(cache);

builder.Build().Run();
