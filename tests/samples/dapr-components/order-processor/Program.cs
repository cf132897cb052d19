var app = WebApplication.CreateBuilder(args).Build();
app.UseCloudEvents();
app.MapSubscribeHandler();
app.MapPost("/orders", [Topic("orderpubsub", "orders")] (Order o) => Results.Ok());
app.Run();
record Order(int Id);
