var builder = Host.CreateApplicationBuilder(args);
builder.Services.AddHostedService<Reminders.Sender>();
builder.Build().Run();
