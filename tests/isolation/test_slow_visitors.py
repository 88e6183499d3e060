"""Visitors who send slowly or not at all, at a real server: everybody else is answered meanwhile."""

import socket
from contextlib import ExitStack

import pytest
import requests

from app.embedded.process import free_port, wait_until
from tests.faults.processes import Processes
from tests.faults.site import environment

SECONDS, LATE = 60.0, 5.0
THREADS = 2
BEGUN = "POST {} HTTP/1.1\r\nHost: harbor.test\r\nContent-Type: {}\r\nContent-Length: {}\r\n\r\n{}"
FORM, FILES = "application/x-www-form-urlencoded", "multipart/form-data; boundary=b"
PART = '--b\r\nContent-Disposition: form-data; name="file"; filename="people.csv"\r\n\r\nFirst'
SLOW = {
    "a head without an end": "GET / HTTP/1.1\r\nHost: harbor.test\r\nX-More: ",
    "a form without an end": BEGUN.format("/sign-in", FORM, 1000, "login=a"),
    "a file without an end": BEGUN.format("/imports", FILES, 100_000, PART),
    "a document without an end": BEGUN.format("/api/v1/contacts", "application/json", 1000, '{"first'),
    "chunks without an end": "POST /sign-in HTTP/1.1\r\nHost: harbor.test\r\nTransfer-Encoding: chunked\r\n"
    f"Content-Type: {FORM}\r\n\r\n5\r\nlogin\r\n",
}


@pytest.fixture
def server(world, tmp_path):
    """The web server as it is started, with two threads; returns its port."""
    processes, port = Processes(tmp_path, environment(world, lease=60)), free_port()
    processes.start("app.cli", "serve", PORT=str(port), DESKHAND_WEB_THREADS=str(THREADS))
    try:
        assert wait_until(lambda: _answers(port), SECONDS), processes.said()
        yield port
    finally:
        processes.end()


def _answers(port: int) -> bool:
    try:
        page = requests.get(f"http://127.0.0.1:{port}/sign-in", headers={"Host": "harbor.test"}, timeout=LATE)
    except requests.RequestException:
        return False
    return page.status_code == 200


@pytest.mark.threat("T-086")
def test_who_sends_slowly_keeps_nobody_waiting(server):
    """Far more of them than there are threads, of every kind."""
    with ExitStack() as open_:
        for begun in SLOW.values():
            for _ in range(4 * THREADS):
                connection = open_.enter_context(socket.create_connection(("127.0.0.1", server), timeout=SECONDS))
                connection.sendall(begun.encode())
            assert _answers(server), begun
