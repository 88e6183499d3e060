"""Operations on the desk: what one did, and taking back a whole one or one field of one change."""

from flask import Blueprint, Response, redirect, request
from flask_login import current_user

from app.fields import references
from app.i18n import gettext as _
from app.records import history, undo
from app.web import toasts
from app.web.access import allow, local_path
from app.web.history import through_what
from app.web.htmx import page, redirect_to
from app.web.operations import by_number, take_back

bp = Blueprint("history", __name__)
# So many records that an undo kept are named.
NAMED = 5


@bp.get("/operations/<int:id>")
@allow("history.view")
def show_operation(id: int) -> Response:
    """What one operation did, in numbers and with its first records."""
    operation = by_number(id)
    may = operation.account_id == current_user.account_id or current_user.may("history.undo_others")
    may = may and all(current_user.may(permission) for permission in history.undo_permissions(id))
    return page(
        "staff/operations/show.html",
        operation=operation,
        through=through_what(operation.through),
        counts=history.counts(id),
        records=history.records_of(id),
        undone=history.undone_by(id),
        may_undo=may and current_user.may("history.undo"),
    )


@bp.post("/operations/<int:id>/undo")
@allow("history.undo")
def undo_operation(id: int) -> Response:
    """Take a whole operation back."""
    undone = take_back(id, request.form.get("reason", ""))
    if undone.outcome and undone.outcome.kept:
        toasts.leave(_("Kept, since it was changed or is needed: %(names)s", names=_names(undone.outcome.kept)))
    return redirect_to(f"/jobs/{undone.job_id}") if undone.job_id else _back(f"/operations/{id}")


def _names(kept: list[tuple[str, int, str]]) -> str:
    """What the first few of these records are called."""
    first = list(dict.fromkeys((noun, record_id) for noun, record_id, _why in kept))
    wanted = {noun: [one for of, one in first[:NAMED] if of == noun] for noun, _one in first[:NAMED]}
    found = references.names({noun: ids for noun, ids in wanted.items() if references.is_referable(noun)})
    named = [found.get(noun, {}).get(one, f"#{one}") for noun, one in first[:NAMED]]
    return ", ".join(named) + (" …" if len(first) > NAMED else "")


@bp.post("/operations/<int:id>/changes/<int:change_id>/<name>/undo")
@allow("history.undo")
def undo_field(id: int, change_id: int, name: str) -> Response:
    """Put one field back."""
    by_number(id, to_undo=True)
    undo.undo_field(id, change_id, name, current_user.actor)
    return _back("/")


def _back(otherwise: str) -> Response:
    where = local_path(request.args.get("back"), otherwise)
    return redirect_to(where) if request.headers.get("HX-Request") else redirect(where, 303)
