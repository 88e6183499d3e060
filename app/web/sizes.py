"""How much a request may bring: a form is small, and only who is signed in may send files, where files are taken."""

from collections.abc import Callable

from flask import Flask, request
from flask_login import current_user

# The largest form or document; what takes files is limited by the installation alone.
LARGEST = 4 * 1024 * 1024


def takes_files(view: Callable) -> Callable:
    """Let a view be sent files."""
    view.takes_files = True
    return view


def init_app(app: Flask) -> None:
    """Set the limit before anything reads the request; what is over it is answered with 413."""

    @app.before_request
    def _limit():
        view = app.view_functions.get(request.endpoint or "")
        if not (getattr(view, "takes_files", False) and current_user.is_authenticated):
            request.max_content_length = min(LARGEST, app.config["MAX_CONTENT_LENGTH"])
