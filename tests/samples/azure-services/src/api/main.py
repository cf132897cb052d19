import os

from fastapi import FastAPI
from pymongo import MongoClient

app = FastAPI()
loans = MongoClient(os.environ["MONGODB_URI"]).library.loans


@app.get("/healthz")
def healthz():
    return {"status": "ok"}


@app.get("/loans")
def all_loans():
    return list(loans.find({}, {"_id": 0}))
