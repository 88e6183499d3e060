"""Visitors who send slowly or not at all, at a real server: everybody else is answered meanwhile."""

import io
import socket
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
import requests

from app.embedded.process import free_port, wait_until
from tests import world as worlds
from tests.faults.processes import Processes
from tests.faults.site import environment
from tests.source import ROOT

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


@pytest.fixture(scope="module")
def world(app, cluster, template):
    """A world of this module's own."""
    yield from worlds.fresh(app, cluster, template)


@pytest.fixture(scope="module")
def processes(world, tmp_path_factory):
    """The processes of this module; all of them are gone afterwards."""
    found = Processes(tmp_path_factory.mktemp("web"), environment(world, lease=60))
    yield found
    found.end()


@pytest.fixture(scope="module")
def server(processes):
    """The web server as it is started, with two threads; returns its port."""
    port = free_port()
    processes.start("app.cli", "serve", PORT=str(port), DESKHAND_WEB_THREADS=str(THREADS))
    assert wait_until(lambda: _answers(port), SECONDS), processes.said()
    return port


def _answers(port: int) -> bool:
    try:
        page = requests.get(f"http://127.0.0.1:{port}/sign-in", headers={"Host": "harbor.test"}, timeout=LATE)
    except requests.RequestException:
        return False
    return page.status_code == 200


@pytest.mark.threat("T-086")
def test_who_sends_slowly_keeps_nobody_waiting(server, processes):
    """Far more of them than there are threads, of every kind; and when they leave in the middle, that is no fault."""
    with ExitStack() as open_:
        for begun in SLOW.values():
            for _ in range(4 * THREADS):
                connection = open_.enter_context(socket.create_connection(("127.0.0.1", server), timeout=SECONDS))
                connection.sendall(begun.encode())
            assert _answers(server), begun
    assert _answers(server)
    assert "Traceback" not in processes.said(1000)


def _said(port: int, request: bytes) -> bytes:
    """Everything that the server answers to these bytes, until it closes."""
    with socket.create_connection(("127.0.0.1", port), timeout=SECONDS) as connection:
        connection.sendall(request)
        return b"".join(iter(lambda: connection.recv(65536), b""))


@pytest.mark.isolation
@pytest.mark.threat("T-086")
def test_a_form_that_does_not_come_is_given_up(server):
    """After twenty seconds, so that the connection is free too."""
    for begun in (SLOW["a form without an end"], SLOW["chunks without an end"]):
        assert _said(server, begun.encode()).startswith(b"HTTP/1.1 408")


SHEET = "First Name,Last Name,Email Address\n" + "Somebody,Somewhere,somebody@works.example\n" * 150_000


def _in_parts(data: bytes) -> Iterator[bytes]:
    """As a body without a length."""
    file = io.BytesIO(data)
    yield from iter(lambda: file.read(50_000), b"")


@pytest.mark.threat("T-086")
def test_what_is_sent_arrives_as_it_was_however_long_it_is(server, world):
    """A form, a file that is larger than any form, with its length and without; and files come as they are."""
    program = world.api("import", "read")
    address, whose = f"http://127.0.0.1:{server}", {"Host": "harbor.test", "Authorization": f"Bearer {program.bearer}"}
    data, kind = SHEET.encode(), {"Content-Type": "text/csv"}
    for body in (data[:1000], data[:1_000_000], data, _in_parts(data[:1_000_000]), _in_parts(data)):
        made = requests.post(f"{address}/api/v1/imports", data=body, headers=whose | kind, timeout=SECONDS)
        assert made.status_code == 201, made.text
    kept = world.sql(f"SELECT size FROM {world.schema()}.file ORDER BY id")
    assert [row["size"] for row in kept] == [1000, 1_000_000, len(data), 1_000_000, len(data)]
    for stranger in (data, _in_parts(data)):
        refused = requests.post(
            f"{address}/api/v1/imports", data=stranger, headers={"Host": "harbor.test"} | kind, timeout=SECONDS
        )
        assert refused.status_code in (401, 413)
    (tabler,) = (ROOT / "static" / "vendor").glob("tabler.min.*.css")
    for file in ("desk.css", f"vendor/{tabler.name}"):
        for ask in (requests.get, requests.head):
            got = ask(
                f"{address}/static/{file}", headers={"Host": "harbor.test", "Accept-Encoding": "identity"}, timeout=9
            )
            whole = world.anonymous().get(f"/static/{file}").get_data()
            assert got.status_code == 200 and int(got.headers["Content-Length"]) == len(whole)
            assert got.content == (whole if ask is requests.get else b"")


@pytest.mark.threat("T-037", "T-124")
def test_a_request_has_one_host_and_its_headers_have_one_spelling(server):
    """Two hosts are none; the host of an absolute address is not believed; X_Forwarded_For is not X-Forwarded-For."""
    asked = "GET {} HTTP/1.1\r\n{}Connection: close\r\n\r\n"
    ours, evil = "Host: harbor.test\r\n", "Host: evil.example\r\n"
    for hosts in (ours + evil, evil + ours, ours + ours, evil, ""):
        answered = _said(server, asked.format("/sign-in", hosts).encode())
        assert answered.split()[1] in (b"400", b"404"), hosts
        assert b"evil" not in answered and b"Harbor IT" not in answered
    strange = _said(server, asked.format("http://evil.example/sign-in", ours + "X_Forwarded_Host: evil\r\n").encode())
    assert b"evil" not in strange
