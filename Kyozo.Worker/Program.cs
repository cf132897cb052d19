using Kyozo.Data;
using Kyozo.Engine;
using Kyozo.Worker;
using Kyozo.Worker.Api;
using Kyozo.Worker.Scheduling;

var builder = WebApplication.CreateBuilder(args);
builder.ListenOnLoopback();

builder.AddServiceDefaults();
builder.AddKyozoHome();
builder.AddKyozoData();
builder.AddKyozoMaintenance();
builder.AddDatabaseDefaults();
builder.AddEngine();
builder.AddSchedule();
builder.Services.AddWorkerApi();
builder.Services.AddHostedService<DeploymentLoop>();
builder.Services.AddHostedService<ReconcileLoop>();
builder.Services.AddHostedService<DatabaseVolumeLoop>();
builder.Services.AddHostedService<WorkspaceNetworkLoop>();

var app = builder.Build();
app.MapWorkerApi();
app.MapDefaultEndpoints();
app.Run();
