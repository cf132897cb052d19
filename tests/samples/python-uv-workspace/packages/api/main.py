from fastapi import FastAPI
from sky import magnitude

app = FastAPI()


@app.get("/healthz")
def healthz():
    return {"magnitude": magnitude(1.0)}
