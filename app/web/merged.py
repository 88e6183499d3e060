"""Who asks for a record that was merged is led to the one that is left, at the same kind of address."""

from flask import Response, redirect, request, url_for

from app.records.merged import WasMerged

from . import toasts
from .surfaces import surface


def lead(error: WasMerged) -> Response | None:
    """The redirect to the record that is left; None where nothing is only read, or the record is not in the address.

    It is never kept by a browser, since the merge can be undone.
    """
    named = request.view_args or {}
    if request.method not in ("GET", "HEAD") or error.record_id not in named.values():
        return None
    there = {name: error.into_id if value == error.record_id else value for name, value in named.items()}
    where = url_for(request.endpoint, **there)
    if request.query_string:
        where += "?" + request.query_string.decode("ascii", "ignore")
    if surface() == "staff" and not request.wants_fragment:
        toasts.leave(str(error))
    response = redirect(where, 308 if surface() == "api" else 301)
    response.headers["Cache-Control"] = "no-store"
    return response
