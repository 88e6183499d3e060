"""Choosing a list's columns and their order: the choice becomes part of the list's address."""

from urllib.parse import parse_qsl, urlencode, urlsplit

from flask import Blueprint, Response, request

from app.web.access import allow, local_path
from app.web.htmx import redirect_to

bp = Blueprint("columns", __name__)


@bp.post("/columns")
@allow("desk.use")
def create() -> Response:
    """Show these columns in this order; one button moves a single column, another returns to the usual ones."""
    back = urlsplit(local_path(request.args.get("back"), "/"))
    kept = [(name, value) for name, value in parse_qsl(back.query) if name != "columns"]
    order, shown = request.form.getlist("order"), set(request.form.getlist("shown"))
    direction, _, moved = request.form.get("move", "").partition(":")
    if moved in order:
        place = order.index(moved)
        order.insert(max(0, place + (-1 if direction == "up" else 1)), order.pop(place))
    chosen = [name for name in order if name in shown]
    if chosen and not request.form.get("reset"):
        kept.append(("columns", ",".join(chosen)))
    return redirect_to(back.path + ("?" + urlencode(kept) if kept else ""))
