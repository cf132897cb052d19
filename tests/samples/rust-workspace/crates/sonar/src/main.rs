use actix_web::{web, App, HttpServer};

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    HttpServer::new(|| App::new().route("/health", web::get().to(|| async { "ok" }))).bind(("0.0.0.0", 8070))?.run().await
}
