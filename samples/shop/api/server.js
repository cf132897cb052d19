// Products and orders of the tea shop, as JSON.
import { createServer } from 'node:http';
import { randomUUID } from 'node:crypto';
import { connect } from './database.js';
import { createQueue } from './queue.js';
import { readPrices } from './prices.js';

const port = Number(process.env.PORT ?? 4000);
const database = connect(process.env.DATABASE_URL);
const queue = createQueue(process.env.REDIS_URL);
let ready = false;

const routes = {
  'GET /health': async () => {
    if (!ready) return { status: 503, body: { status: 'starting' } };
    try {
      await Promise.all([database.ping(), queue.ping()]);
      return { body: { status: 'ok' } };
    } catch (error) {
      return { status: 503, body: { status: 'unavailable', error: error.message } };
    }
  },

  'GET /products': async () => {
    const [products, prices] = await Promise.all([database.products(), readPrices()]);
    return {
      body: {
        currency: prices?.currency ?? 'EUR',
        products: products.map(product => ({ ...product, price: prices?.prices[product.id] ?? null })),
      },
    };
  },

  'GET /orders': async () => ({ body: { waiting: await queue.length(), orders: await database.orders() } }),

  'POST /orders': async request => {
    const { productId, quantity } = await readJson(request);
    if (!Number.isInteger(quantity) || quantity < 1 || quantity > 99) return refuse('Order 1 to 99 tins.');
    const product = await database.product(productId);
    if (!product) return refuse(`There is no product ${productId}.`);
    const price = (await readPrices())?.prices[product.id];
    if (!price) return { status: 503, body: { error: 'The prices are not known at the moment. Please try again shortly.' } };

    const order = { id: randomUUID(), productId: product.id, quantity, cents: price.cents * quantity, placedAt: new Date().toISOString() };
    await queue.add(order);
    console.log(`order ${order.id}: ${quantity} × ${product.id}`);
    return { status: 202, body: order };
  },
};

const server = createServer(async (request, response) => {
  const path = new URL(request.url, 'http://api').pathname;
  let answer;
  try {
    const route = routes[`${request.method} ${path}`];
    answer = route ? await route(request) : { status: 404, body: { error: `There is nothing at ${request.method} ${path}.` } };
  } catch (error) {
    console.error(`${request.method} ${path}: ${error.stack}`);
    answer = error instanceof SyntaxError ? refuse('The request is not JSON.') : { status: 500, body: { error: 'Something went wrong.' } };
  }
  response.writeHead(answer.status ?? 200, { 'Content-Type': 'application/json' });
  response.end(JSON.stringify(answer.body));
});

function refuse(error) {
  return { status: 400, body: { error } };
}

async function readJson(request) {
  let text = '';
  for await (const chunk of request) {
    text += chunk;
    if (text.length > 10_000) throw new SyntaxError('too long');
  }
  return JSON.parse(text) ?? {};
}

async function stop() {
  console.log('api is stopping');
  server.close();
  server.closeIdleConnections();
  await Promise.allSettled([queue.close(), database.close()]);
  process.exit(0);
}

process.on('SIGTERM', stop);
process.on('SIGINT', stop);

server.listen(port, () => console.log(`api listens on port ${port}`));
await queue.connect();
await database.prepare();
ready = true;
console.log('api is ready');
