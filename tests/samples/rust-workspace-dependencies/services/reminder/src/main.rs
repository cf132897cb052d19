#[tokio::main]
async fn main() {
    let pool = sqlx::PgPool::connect(&std::env::var("DATABASE_URL").unwrap()).await.unwrap();
    loop {
        sqlx::query("select 1").execute(&pool).await.unwrap();
        tokio::time::sleep(std::time::Duration::from_secs(60)).await;
    }
}
