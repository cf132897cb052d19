import Vapor

let app = try await Application.make()
app.get("health") { _ in "ok" }
try await app.execute()
