import os

import psycopg2
from flask import Flask

app = Flask(__name__)
connection = psycopg2.connect(os.environ["DATABASE_URL"])

if __name__ == "__main__":
    app.run(host="0.0.0.0", port=5000)
