import Fastify from 'fastify';
import mysql from 'mysql2/promise';

const pool = mysql.createPool(process.env.DATABASE_URL);
const app = Fastify();
app.get('/health', async () => ({ status: 'ok' }));
await app.listen({ port: 4100, host: '0.0.0.0' });
