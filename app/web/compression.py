"""Answers are sent compressed, files of the interface and pages alike.

A page may hold a secret beside words that the address brought along. Whoever can have a browser ask for such a page
again and again, with guesses in the address, learns the secret from its compressed length (BREACH). So a page is
compressed only when its browser says that one of our own pages or the user asked for it, and the token of its forms is
masked anew for each request. Proxies in front must leave compressing to the application.
"""

import zlib
from functools import cache
from pathlib import Path

from flask import Flask, Response, request

from .surfaces import OURS, surface

WORDS = {"text/html", "text/css", "text/javascript", "image/svg+xml", "application/json", "application/problem+json"}
# Shorter answers fit one packet anyway.
LEAST = 1000
_PAGES, _FILES = 3, 9


def init_app(app: Flask) -> None:
    """Compress what the views answer."""

    @app.after_request
    def _compress(response: Response) -> Response:
        if response.mimetype in WORDS and not response.is_streamed:
            response.vary.add("Accept-Encoding")
            if _may(response) and response.calculate_content_length() >= LEAST:
                _put(response, _packed(response.get_data(), _PAGES))
        return response


def pack_file(response: Response, path: Path) -> None:
    """Let the answer with this file be its compressed copy, which is made once."""
    if response.mimetype not in WORDS:
        return
    response.vary.add("Accept-Encoding")
    if response.status_code == 200 and request.accept_encodings["gzip"]:
        response.direct_passthrough = False
        _put(response, _file(path))
        # They name the file as it lies there.
        response.headers.remove("ETag")
        response.headers.remove("Accept-Ranges")


def _may(response: Response) -> bool:
    asked = surface() == "api" or request.headers.get("Sec-Fetch-Site") in OURS
    plain = "Content-Encoding" not in response.headers and "ETag" not in response.headers
    return asked and plain and bool(request.accept_encodings["gzip"])


def _put(response: Response, packed: bytes) -> None:
    response.set_data(packed)
    response.headers["Content-Encoding"] = "gzip"


def _packed(data: bytes, level: int) -> bytes:
    made = zlib.compressobj(level, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    return made.compress(data) + made.flush()


@cache
def _file(path: Path) -> bytes:
    return _packed(path.read_bytes(), _FILES)
