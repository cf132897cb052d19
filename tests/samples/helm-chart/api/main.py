import os

import psycopg
from fastapi import FastAPI

app = FastAPI()


@app.get("/notes")
def notes():
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        return connection.execute("SELECT text FROM notes").fetchall()
