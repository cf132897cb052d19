// Takes one order after the other from Redis and writes it to PostgreSQL. An order leaves Redis only
// when it stands in the database: whoever dies in between finds it in the second list and does it again.
import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';
import { createClient } from 'redis';

const incoming = 'orders';
const inHand = 'orders:in-hand';

const database = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 2, connectionTimeoutMillis: 5000 });
database.on('error', error => console.error(`database: ${error.message}`));

const redis = createClient({
  url: process.env.REDIS_URL,
  socket: { reconnectStrategy: attempts => Math.min(attempts * 100, 3000) },
});
redis.on('error', error => console.error(`redis: ${error.message || error.code}`));

let stopping = false;
process.on('SIGTERM', () => (stopping = true));
process.on('SIGINT', () => (stopping = true));

await redis.connect();
await databaseIsReady();
while (await redis.lMove(inHand, incoming, 'LEFT', 'RIGHT')) console.log('took up an order that was left behind');
console.log('worker waits for orders');

while (!stopping) {
  try {
    const text = await redis.blMove(incoming, inHand, 'RIGHT', 'LEFT', 1);
    if (text) await accept(text);
  } catch (error) {
    console.error(`an order has to wait: ${error.message}`);
    await wait(1000);
    await redis.lMove(inHand, incoming, 'LEFT', 'RIGHT').catch(() => {});
  }
}

console.log('worker has stopped');
await Promise.allSettled([redis.close(), database.end()]);

/** Writes the order; once more is as good as once. */
async function accept(text) {
  const order = JSON.parse(text);
  const { rowCount } = await database.query(
    `INSERT INTO orders (id, product_id, quantity, cents, placed_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (id) DO NOTHING`,
    [order.id, order.productId, order.quantity, order.cents, order.placedAt]);
  await redis.lRem(inHand, 1, text);
  console.log(rowCount ? `order ${order.id} accepted: ${order.quantity} × ${order.productId}` : `order ${order.id} was accepted before`);
}

/** The API makes the tables; at a first start it may not have come so far. */
async function databaseIsReady() {
  for (let attempt = 1; !stopping; attempt++) {
    try {
      await database.query('SELECT 1 FROM orders LIMIT 1');
      return;
    } catch (error) {
      console.log(`waiting for the database: ${error.message}`);
      await wait(Math.min(attempt * 250, 3000));
    }
  }
}
