"""Operations on the desk: what one did, and taking back a whole one or one field of one change."""

from flask import Blueprint, Response, redirect, request
from flask_login import current_user

from app.i18n import gettext as _
from app.records import history, undo
from app.records.errors import NotAllowed, NotFound
from app.records.models import Change, Operation
from app.records.undo_job import undo_operation as undo_later
from app.web.access import allow, local_path
from app.web.htmx import page, redirect_to
from tenants import db

bp = Blueprint("history", __name__)

# With more changes than these a worker takes the operation back, and the page shows how far it is.
AT_ONCE = 500


def _operation(id: int, undo: bool = False) -> Operation:
    found = db.session.get(Operation, id)
    if found is None:
        raise NotFound
    if undo and found.account_id != current_user.account_id and not current_user.may("history.undo_others"):
        raise NotAllowed("history.undo_others")
    return found


@bp.get("/operations/<int:id>")
@allow("history.view")
def show_operation(id: int) -> Response:
    """What one operation did, in numbers and with its first records."""
    operation = _operation(id)
    may = operation.account_id == current_user.account_id or current_user.may("history.undo_others")
    return page(
        "staff/operations/show.html",
        operation=operation,
        counts=history.counts(id),
        records=history.records_of(id),
        undone=history.undone_by(id),
        may_undo=may and current_user.may("history.undo"),
    )


@bp.post("/operations/<int:id>/undo")
@allow("history.undo")
def undo_operation(id: int) -> Response:
    """Take a whole operation back."""
    _operation(id, undo=True)
    reason = request.form.get("reason", "")[:1000]
    if sum(history.counts(id).values()) <= AT_ONCE:
        undo.undo(id, current_user.actor, reason)
        return _back(f"/operations/{id}")
    started = undo.begin(id, current_user.actor, reason)
    job_id = undo_later.later(
        operation_id=id,
        undo_operation_id=started.id,
        account_id=current_user.account_id,
        label=_("Undo"),
        link=f"/operations/{started.id}",
    )
    return redirect_to(f"/jobs/{job_id}")


@bp.post("/changes/<int:id>/<name>/undo")
@allow("history.undo")
def undo_field(id: int, name: str) -> Response:
    """Put one field back."""
    change = db.session.get(Change, id)
    if change is None:
        raise NotFound
    _operation(change.operation_id, undo=True)
    undo.undo_field(id, name, current_user.actor)
    return _back("/")


def _back(otherwise: str) -> Response:
    where = local_path(request.args.get("back"), otherwise)
    return redirect_to(where) if request.headers.get("HX-Request") else redirect(where, 303)
