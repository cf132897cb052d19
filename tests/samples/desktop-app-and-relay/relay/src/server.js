import Fastify from 'fastify'
import Redis from 'ioredis'
const redis = new Redis(process.env.REDIS_URL ?? 'redis://127.0.0.1:6379')
const app = Fastify({ logger: true })
await app.register(import('@fastify/websocket'))
await app.listen({ port: Number(process.env.PORT ?? 7070), host: '0.0.0.0' })
