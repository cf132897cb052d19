import os

from flask import Flask
from redis import Redis

app = Flask(__name__)
redis = Redis(host=os.getenv("REDIS_HOST", "localhost"))


@app.route("/")
def vote():
    return str(redis.incr("votes"))
