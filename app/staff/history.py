"""Undo on the desk: a whole operation, or one field of one change."""

from flask import Blueprint, Response, redirect, request
from flask_login import current_user

from app.records import undo
from app.records.errors import NotAllowed, NotFound
from app.records.models import Change, Operation
from app.web.access import allow, local_path
from app.web.htmx import redirect_to
from tenants import db

bp = Blueprint("history", __name__)



def _mine_or_allowed(operation: Operation | None) -> None:
    if operation is None:
        raise NotFound
    if operation.account_id != current_user.account_id and not current_user.may("history.undo_others"):
        raise NotAllowed("history.undo_others")


def _back() -> Response:
    where = local_path(request.args.get("back"), "/")
    return redirect_to(where) if request.headers.get("HX-Request") else redirect(where, 303)


@bp.post("/operations/<int:id>/undo")
@allow("history.undo")
def undo_operation(id: int) -> Response:
    """Take a whole operation back."""
    _mine_or_allowed(db.session.get(Operation, id))
    undo.undo(id, current_user.actor)
    return _back()


@bp.post("/changes/<int:id>/<name>/undo")
@allow("history.undo")
def undo_field(id: int, name: str) -> Response:
    """Put one field back."""
    change = db.session.get(Change, id)
    _mine_or_allowed(db.session.get(Operation, change.operation_id) if change else None)
    undo.undo_field(id, name, current_user.actor)
    return _back()
