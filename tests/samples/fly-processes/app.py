import os
from flask import Flask
from redis import Redis
from rq import Queue
app = Flask(__name__)
q = Queue(connection=Redis.from_url(os.environ["REDIS_URL"]))
@app.post("/enqueue")
def enqueue():
    q.enqueue("tasks.run")
    return "ok"
