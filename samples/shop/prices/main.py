"""The price list of the tea shop: GET /prices. One tea is on offer each day."""

import json
import os
import signal
import threading
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PORT = int(os.environ.get("PORT", "8000"))

# Cents for a tin of 100 g.
PRICES = {
    "sencha": 1290,
    "gyokuro": 3450,
    "genmaicha": 990,
    "hojicha": 1050,
    "oolong": 1890,
    "darjeeling": 1590,
    "assam": 1190,
    "rooibos": 790,
}
DISCOUNT_PERCENT = 15


def offer_of_the_day(day):
    """The tea that costs less on that day: each has its turn."""
    return sorted(PRICES)[day.toordinal() % len(PRICES)]


def prices_on(day):
    offer = offer_of_the_day(day)
    return {
        "currency": "EUR",
        "prices": {
            tea: {"cents": round(cents * (100 - DISCOUNT_PERCENT) / 100), "insteadOf": cents}
            if tea == offer
            else {"cents": cents, "insteadOf": None}
            for tea, cents in PRICES.items()
        },
    }


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        path = self.path.partition("?")[0]
        if path == "/health":
            self.answer(200, {"status": "ok"})
        elif path == "/prices":
            self.answer(200, prices_on(datetime.now(timezone.utc).date()))
        else:
            self.answer(404, {"error": f"There is nothing at {path}."})

    def answer(self, status, body):
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_request(self, code="-", size="-"):
        if self.path != "/health":
            print(f"{self.command} {self.path} {int(code)}", flush=True)


def main():
    server = ThreadingHTTPServer(("0.0.0.0", PORT), Handler)
    server.daemon_threads = True

    def stop(signum, frame):
        # shutdown() waits for serve_forever(), which runs in this very thread.
        threading.Thread(target=server.shutdown).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    print(f"prices listens on port {PORT}", flush=True)
    server.serve_forever()
    server.server_close()
    print("prices has stopped", flush=True)


if __name__ == "__main__":
    main()
