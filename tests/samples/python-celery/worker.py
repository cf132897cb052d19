import os

from celery import Celery

app = Celery("invoices", broker=os.environ["CELERY_BROKER_URL"])


@app.task
def send(invoice: int) -> None:
    print(f"sent {invoice} with {os.environ['DATABASE_URL'].split(':')[0]}")
