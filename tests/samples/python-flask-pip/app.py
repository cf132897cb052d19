import os

import pymysql
from flask import Flask, jsonify

app = Flask(__name__)


def connection():
    return pymysql.connect(
        host=os.environ["MYSQL_HOST"],
        port=int(os.environ.get("MYSQL_PORT", "3306")),
        user=os.environ["MYSQL_USER"],
        password=os.environ["MYSQL_PASSWORD"],
        database=os.environ["MYSQL_DATABASE"],
    )


@app.route("/health")
def health():
    return jsonify(status="ok")


@app.route("/")
def index():
    with connection() as db, db.cursor() as cursor:
        cursor.execute("SELECT title FROM books")
        return jsonify(cursor.fetchall())
