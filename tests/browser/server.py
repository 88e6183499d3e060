"""The application behind a real port, in a thread of the tests' own process."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

# Loopback is a safe origin for the browser as https is; any other name without TLS would be told off in its console.
HOST = "localhost"


class Silent(WSGIRequestHandler):
    """Says nothing about each request, and is counted until it is done with it, whatever the browser does meanwhile.

    It takes one request on each connection: with more than one, Werkzeug takes the beginning of the next for a rest of
    the last, and waits for its end.
    """

    protocol_version = "HTTP/1.0"

    def log_request(self, code="-", size="-"):
        pass

    def run_wsgi(self) -> None:
        with self.server.answering(f"{self.command} {self.path}"):
            super().run_wsgi()


class Server:
    """A running web server; `quiet()` waits until it has answered everything it was asked."""

    def __init__(self, app: Flask):
        self._under_way, self._changed = [], threading.Condition()
        self._http = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Silent)
        self._http.answering = self._answering
        self.url = f"http://{HOST}:{self._http.port}"

    @contextmanager
    def _answering(self, asked: str) -> Iterator[None]:
        self._under_way.append(asked)
        try:
            yield
        finally:
            with self._changed:
                self._under_way.remove(asked)
                self._changed.notify_all()

    def quiet(self) -> None:
        """Wait for the answers under way, so that none of them reaches into the next test's database."""
        with self._changed:
            done = self._changed.wait_for(lambda: not self._under_way, timeout=20)
            assert done, f"The server is still answering {self._under_way}."

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
