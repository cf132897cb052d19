use lapin::{Connection, ConnectionProperties};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let addr = std::env::var("AMQP_ADDR")?;
    let conn = Connection::connect(&addr, ConnectionProperties::default()).await?;
    courier_core::consume(conn).await
}
