import os

from fastapi import FastAPI
from motor.motor_asyncio import AsyncIOMotorClient

app = FastAPI()
quotes = AsyncIOMotorClient(os.getenv("MONGO_URL", "mongodb://localhost:27017"))["quotes"]


@app.get("/healthz")
async def healthz():
    return {"status": "ok"}


@app.get("/")
async def random_quote():
    return await quotes["quotes"].find_one({}, {"_id": 0})
