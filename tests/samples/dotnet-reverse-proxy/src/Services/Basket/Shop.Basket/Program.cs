var b = WebApplication.CreateBuilder(args);
b.Services.AddStackExchangeRedisCache(o => o.Configuration = b.Configuration["Redis"]);
b.Services.AddHttpClient<CatalogClient>(c => c.BaseAddress = new Uri(b.Configuration["Services:Catalog"]!));
b.Build().Run();
