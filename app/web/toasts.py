"""A word about what was just done, with the way to take it back, for the page that a form leads to."""

from urllib.parse import urlencode

from flask import flash, get_flashed_messages

from app.records.models import Operation

_KIND = "toast"


def toast(text: str, operation: Operation | None = None, back: str = "") -> dict:
    """What a toast shows; with an operation it offers to undo it and to return to `back`."""
    undo = f"/operations/{operation.id}/undo?{urlencode({'back': back})}" if operation is not None else None
    return {"text": str(text), "undo_url": undo}


def leave(text: str, operation: Operation | None = None, back: str = "") -> None:
    """Keep a toast for the next whole page."""
    flash(toast(text, operation, back), _KIND)


class Waiting:
    """The toasts that were left for the next whole page; they are taken when the page around every page shows them."""

    def __iter__(self):
        return iter(get_flashed_messages(category_filter=[_KIND]))
