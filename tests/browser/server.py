"""The application behind a real port, in a thread of the tests' own process."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wsgi import ClosingIterator

# Loopback is a safe origin for the browser as https is; any other name without TLS would be told off in its console.
HOST = "localhost"


class Silent(WSGIRequestHandler):
    """Says nothing about each request."""

    def log_request(self, code="-", size="-"):
        pass


class Server:
    """A running web server; `quiet()` waits until it has answered everything it was asked."""

    def __init__(self, app: Flask):
        self._app, self._busy, self._changed = app, 0, threading.Condition()
        self._http = make_server("127.0.0.1", 0, self._answer, threaded=True, request_handler=Silent)
        self.url = f"http://{HOST}:{self._http.port}"

    def _answer(self, environ, start_response):
        self._count(1)
        return ClosingIterator(self._app(environ, start_response), lambda: self._count(-1))

    def _count(self, by: int) -> None:
        with self._changed:
            self._busy += by
            self._changed.notify_all()

    def quiet(self) -> None:
        """Wait for the answers under way, so that none of them reaches into the next test's database."""
        with self._changed:
            assert self._changed.wait_for(lambda: self._busy == 0, timeout=20), "The server is still answering."

    def run(self) -> None:
        """Answer until `stop`."""
        self._http.serve_forever(poll_interval=0.05)

    def stop(self) -> None:
        """End it."""
        self._http.shutdown()
        self._http.server_close()


@contextmanager
def serving(app: Flask) -> Iterator[Server]:
    """A server for as long as the body runs."""
    server = Server(app)
    thread = threading.Thread(target=server.run, daemon=True, name="web server of the tests")
    thread.start()
    try:
        yield server
    finally:
        server.stop()
        thread.join()
