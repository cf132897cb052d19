#:sdk Microsoft.NET.Sdk.Web
#:package Npgsql@9.0.2

var app = WebApplication.Create(args);
app.MapGet("/health", () => "ok");
app.MapGet("/", () => Environment.GetEnvironmentVariable("GREETING") ?? "hello");
app.Run();
