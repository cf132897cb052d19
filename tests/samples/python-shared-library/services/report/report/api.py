from fastapi import FastAPI
from common.store import client
app = FastAPI()
