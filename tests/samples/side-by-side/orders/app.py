import os

import pika
from flask import Flask

app = Flask(__name__)
queue = pika.URLParameters(os.environ["RABBITMQ_URL"])

if __name__ == "__main__":
    app.run(host="0.0.0.0", port=5000)
