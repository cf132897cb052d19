var builder = WebApplication.CreateBuilder(args);
builder.Services.AddHttpClient("api", client => client.BaseAddress = new("https+http://api"));
builder.Build().Run();
