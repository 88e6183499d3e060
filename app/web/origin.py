"""Requests that another site makes in somebody's browser: a link may lead here, nothing else (W3C Fetch Metadata)."""

from flask import Flask, abort, request

from .health import ENDPOINTS
from .surfaces import OURS, surface


def init_app(app: Flask) -> None:
    """Refuse them before anything is read. Programs and old browsers say nothing about it, and are not refused."""

    @app.before_request
    def _from_here():
        if request.headers.get("Sec-Fetch-Site", "none") in OURS or request.endpoint in ENDPOINTS:
            return
        # No cookie opens the API.
        if surface() == "api":
            return
        is_link = request.headers.get("Sec-Fetch-Mode") == "navigate" and request.method in ("GET", "HEAD")
        if not is_link or request.headers.get("Sec-Fetch-Dest", "document") != "document":
            abort(403)
