import os

from fastapi import FastAPI
from redis import Redis
from rq import Queue

app = FastAPI()
reports = Queue("reports", connection=Redis.from_url(os.environ["REDIS_URL"]))


@app.post("/reports")
def order():
    return reports.enqueue("reports.make").id
