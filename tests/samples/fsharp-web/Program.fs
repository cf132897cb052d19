open Microsoft.AspNetCore.Builder

let app = WebApplication.CreateBuilder([||]).Build()
app.MapGet("/", System.Func<string>(fun () -> "hello")) |> ignore
app.Run()
