package ferry

fun main() {
    val database = System.getenv("DATABASE_URL")
    embeddedServer(Netty, port = 8090) { routing { get("/health") { call.respondText("ok: $database") } } }.start(wait = true)
}
