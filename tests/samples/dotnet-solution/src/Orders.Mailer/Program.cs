var queue = Environment.GetEnvironmentVariable("RABBITMQ_URL");
var host = Host.CreateApplicationBuilder(args).Build();
host.Run();
