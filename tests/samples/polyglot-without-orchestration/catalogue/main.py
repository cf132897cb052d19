import os

import asyncpg
import redis
from fastapi import FastAPI

app = FastAPI()
cache = redis.Redis.from_url(os.environ["REDIS_URL"])


@app.get("/health")
async def health():
    return {"status": "ok"}


@app.get("/books")
async def books():
    connection = await asyncpg.connect(os.environ["DATABASE_URL"])
    return await connection.fetch("select title from books")
