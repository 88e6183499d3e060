"""Stand-ins for Deskhand's own programs, for the supervisor to run: `python fake_programs.py serve`."""

import json
import os
import signal
import subprocess
import sys
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

DEMO = {"host": "localhost", "staff": {"email": "ann@demo.test", "password": "correct horse"}}


class Readiness(BaseHTTPRequestHandler):
    """Answers that it can work."""

    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/readyz" else 404)
        self.end_headers()

    def log_message(self, *_words) -> None:
        """Say nothing for each request."""


def note() -> None:
    """Stand-in for migrate: write down the addresses it was given."""
    given = {name: os.environ[name] for name in ("DATABASE_URL", "REDIS_URL", "PORT", "DESKHAND_HOME")}
    (Path(os.environ["DESKHAND_HOME"]) / "given.json").write_text(json.dumps(given))


def demo() -> None:
    """Stand-in for demo: leave the sign-ins where the supervisor reads them."""
    (Path(os.environ["DESKHAND_HOME"]) / "demo.json").write_text(json.dumps(DEMO))


def serve() -> None:
    """Stand-in for the web server: a parent that is easily killed, and a child of it that holds the port."""
    helper = subprocess.Popen([sys.executable, __file__, "hold"])
    signal.signal(signal.SIGTERM, lambda *_: (helper.terminate(), sys.exit(0)))
    tell(f"holder {helper.pid}")
    helper.wait()


def hold() -> None:
    """What listens on the port, as the worker processes of a real web server do."""
    HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Readiness).serve_forever()


def work() -> None:
    """Stand-in for the worker: it does nothing until it is told to end."""
    tell(f"working {os.getpid()}")
    while True:
        time.sleep(60)


def fail() -> int:
    """A program that ends at once."""
    tell("I cannot read my settings")
    return 3


def tell(text: str) -> None:
    """A line of output, at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(globals()[sys.argv[1]](*sys.argv[2:]))
