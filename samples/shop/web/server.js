// The pages of the tea shop, made on the server.
import { fileURLToPath } from 'node:url';
import express from 'express';
import { ordersPage, problemPage, shelfPage } from './pages.js';

const port = Number(process.env.PORT ?? 3000);
const apiUrl = process.env.API_URL ?? 'http://localhost:4000';

const app = express();
app.disable('x-powered-by');
app.use(express.static(fileURLToPath(new URL('public', import.meta.url)), { maxAge: '1h' }));
app.use(express.urlencoded({ extended: false, limit: '10kb' }));

app.get('/health', (request, response) => response.json({ status: 'ok' }));

app.get('/', async (request, response) => response.send(shelfPage(await api('/products'))));

app.get('/orders', async (request, response) => response.send(ordersPage(await api('/orders'), request.query.placed)));

app.post('/orders', async (request, response) => {
  const { product, quantity } = request.body ?? {};
  const order = await api('/orders', { productId: product, quantity: Number(quantity) });
  response.redirect(303, `/orders?placed=${order.id}`);
});

app.use((request, response) => response.status(404).send(problemPage('There is nothing here.')));

app.use((error, request, response, next) => {
  console.error(`${request.method} ${request.path}: ${error.message}`);
  response.status(error.status ?? 500).send(problemPage(error.forPeople ?? 'Something went wrong.'));
});

/** Asks the API; with a body it posts. */
async function api(path, body) {
  let response;
  try {
    response = await fetch(apiUrl + path, {
      method: body ? 'POST' : 'GET',
      headers: body ? { 'Content-Type': 'application/json' } : {},
      body: body && JSON.stringify(body),
      signal: AbortSignal.timeout(5000),
    });
  } catch (error) {
    throw problem(503, 'The shop is being restocked. Please come back in a moment.', error.cause?.message ?? error.message);
  }
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw problem(response.status, answer.error ?? 'Something went wrong.', `api answered ${response.status}`);
  return answer;
}

function problem(status, forPeople, message) {
  return Object.assign(new Error(message), { status, forPeople });
}

const server = app.listen(port, () => console.log(`web listens on port ${port}`));

function stop() {
  console.log('web is stopping');
  server.close(() => process.exit(0));
  server.closeIdleConnections();
}

process.on('SIGTERM', stop);
process.on('SIGINT', stop);
