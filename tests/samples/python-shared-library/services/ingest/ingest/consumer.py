import os, pika
from common.store import client
def main():
    c = pika.BlockingConnection(pika.URLParameters(os.environ["AMQP_URL"]))
    c.channel().start_consuming()
if __name__ == "__main__":
    main()
