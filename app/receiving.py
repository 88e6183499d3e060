"""Receiving requests: a form is here as a whole before a thread takes it: who sends slowly keeps nobody waiting.

Otherwise as many such visitors as there are threads would be enough to stop the server for everybody.
"""

import asyncio
import io
import logging
import math
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from granian.rsgi import ProtocolClosed

from .web.sizes import LARGEST

log = logging.getLogger(__name__)

# Seconds for the next part of a body to come or of an answer to be taken, and for the whole of a form to come.
NEXT, WHOLE = 20, 120
# What is kept of a body in memory; the rest of a form is kept on the disk.
IN_MEMORY = 256 * 1024


class TooSlow(Exception):
    """A form did not come in time."""


class Rest(io.RawIOBase):
    """What comes of a body after the part that was awaited; read by a thread, as the application asks for it."""

    def __init__(self, awaited: IO[bytes], parts, loop: asyncio.AbstractEventLoop):
        self._kept, self._parts, self._loop = awaited, parts, loop

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        data = self._kept.read(len(buffer))
        if not data and self._parts is not None:
            try:
                part = asyncio.run_coroutine_threadsafe(_next(self._parts, NEXT), self._loop).result(2 * NEXT)
            except (TooSlow, ProtocolClosed) as late:
                # As when a connection breaks: Werkzeug answers 400 to whoever may still be there.
                raise OSError("The body did not come in time.") from late
            if part is None:
                self._parts = None
            else:
                self._kept = io.BytesIO(part)
                data = self._kept.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


class Receiver:
    """An application for threads (WSGI) behind a server that receives without them (RSGI)."""

    def __init__(self, application, threads: int):
        self.application = application
        self.threads = ThreadPoolExecutor(threads, "request")

    async def __rsgi__(self, scope, protocol) -> None:
        """Receive a request, have a thread answer it, and send the answer."""
        loop = asyncio.get_running_loop()
        headers = scope.headers.items()
        try:
            body = await _awaited(protocol, dict(headers), loop)
        except TooSlow:
            protocol.response_empty(408, [("connection", "close")])
            return
        except ProtocolClosed:
            return
        environ = _environ(scope, headers, body)
        answer = await loop.run_in_executor(self.threads, self._answer, environ, protocol, loop)
        if answer is not None:
            protocol.response_bytes(*answer)

    def _answer(self, environ: dict[str, Any], protocol, loop) -> tuple[int, list, bytes] | None:
        """Status, headers and body; nothing where the answer is so long that it was sent in parts."""
        begun: list = []

        def start(status: str, headers: list[tuple[str, str]], _exc_info=None) -> None:
            begun[:] = [int(status.partition(" ")[0]), [(name.lower(), value) for name, value in headers]]

        try:
            found = self.application(environ, start)
            try:
                parts = iter(found)
                first, second = next(parts, b""), next(parts, None)
                if second is None:
                    return begun[0], begun[1], first
                if _length(dict(begun[1])) <= LARGEST:
                    # It is taken from the server at the visitor's own pace, and this thread is free again.
                    return begun[0], begun[1], b"".join((first, second, *parts))
                _send(protocol, loop, begun, (first, second), parts)
            finally:
                if hasattr(found, "close"):
                    found.close()
                environ["wsgi.input"].close()
        except ProtocolClosed:
            log.info("A visitor has left before the end of the answer")
        except Exception:
            log.exception("A request was not answered to its end")
            return None if begun else (500, [], b"")
        return None


def _send(protocol, loop, begun: list, first: tuple[bytes, ...], parts: Iterator[bytes]) -> None:
    async def start():
        return protocol.response_stream(*begun)

    async def send(part: bytes) -> None:
        await asyncio.wait_for(transport.send_bytes(part), NEXT)

    transport = asyncio.run_coroutine_threadsafe(start(), loop).result(NEXT)
    for part in (*first, *parts):
        asyncio.run_coroutine_threadsafe(send(part), loop).result(2 * NEXT)


async def _awaited(protocol, headers: dict[str, str], loop) -> IO[bytes]:
    """The body: all of a form; of a file that is larger than any form, what the application asks for."""
    chunked = "transfer-encoding" in headers
    length = math.inf if chunked else _length(headers, 0)
    if length == 0:
        return io.BytesIO()
    if length <= IN_MEMORY:
        return io.BytesIO(await _in_time(protocol(), NEXT))
    parts = aiter(protocol)
    kept = SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115  (closed when the request is answered)
    if length > LARGEST and not chunked:
        return io.BufferedReader(Rest(kept, parts, loop))
    size, end = 0, loop.time() + WHOLE
    while size <= LARGEST:
        part = await _next(parts, min(NEXT, end - loop.time()))
        if part is None:
            kept.seek(0)
            return kept
        kept.write(part)
        size += len(part)
    kept.seek(0)
    return io.BufferedReader(Rest(kept, parts, loop))


def _length(headers: dict[str, str], otherwise: float = math.inf) -> float:
    length = headers.get("content-length", "")
    return int(length) if length.isdecimal() else otherwise


async def _next(parts, seconds: float) -> bytes | None:
    try:
        return await _in_time(anext(parts), seconds)
    except StopAsyncIteration:
        return None


async def _in_time(awaited, seconds: float) -> bytes:
    try:
        async with asyncio.timeout(seconds):
            return await awaited
    except TimeoutError:
        raise TooSlow from None


def _environ(scope, headers: list[tuple[str, str]], body: IO[bytes]) -> dict[str, Any]:
    server, _, port = scope.server.rpartition(":")
    environ = {
        "REQUEST_METHOD": scope.method,
        "SCRIPT_NAME": "",
        # Decoded already; WSGI wants each byte as a character.
        "PATH_INFO": scope.path.encode().decode("latin-1"),
        "QUERY_STRING": scope.query_string,
        "SERVER_NAME": server,
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "REMOTE_ADDR": scope.client.rpartition(":")[0].strip("[]"),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.input": body,
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for name, value in headers:
        # A name with an underscore would pass for the one with a hyphen, which a proxy may have set.
        if "_" not in name:
            key = name.upper().replace("-", "_")
            key = key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"
            joint = "; " if key == "HTTP_COOKIE" else ","
            environ[key] = f"{environ[key]}{joint}{value}" if key in environ else value
    if scope.authority:
        environ.setdefault("HTTP_HOST", scope.authority)
    return environ
