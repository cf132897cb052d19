import express from 'express';
import Redis from 'ioredis';

const redis = new Redis(process.env.REDIS_URL);
const app = express();
app.get('/health', (_, response) => response.send('ok'));
app.get('/crossings', async (_, response) => response.json(await redis.lrange('crossings', 0, -1)));
app.listen(3333);
