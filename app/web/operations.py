"""Operations by their number, and taking one back: at once, or by a worker when it is large."""

from dataclasses import dataclass

from flask_login import current_user

from app.i18n import gettext as _
from app.records import history, undo
from app.records.errors import NotAllowed, NotFound
from app.records.models import Operation
from app.records.undo_job import undo_operation as undo_later
from tenants import db

# With more changes than these a worker takes the operation back, and the page shows how far it is.
AT_ONCE = 500
LONGEST_REASON = 1000


@dataclass(frozen=True)
class Undone:
    """The operation that takes another back: what it did, or the job that is at it."""

    operation_id: int
    outcome: undo.Outcome | None = None
    job_id: int | None = None


def by_number(id: int, to_undo: bool = False) -> Operation:
    """An operation; with `to_undo` only one that this person may take back, by whose it is and by what it was about."""
    found = db.session.get(Operation, id)
    if found is None:
        raise NotFound
    if to_undo and found.account_id != current_user.account_id and not current_user.may("history.undo_others"):
        raise NotAllowed("history.undo_others")
    for permission in sorted(history.undo_permissions(id)) if to_undo else ():
        if not current_user.may(permission):
            raise NotAllowed(permission)
    return found


def take_back(id: int, reason: str = "") -> Undone:
    """Take a whole operation back; raises `NotFound`, `NotAllowed` or `AlreadyUndone`."""
    by_number(id, to_undo=True)
    reason = reason[:LONGEST_REASON]
    if sum(history.counts(id).values()) <= AT_ONCE:
        outcome = undo.undo(id, current_user.actor, reason)
        return Undone(outcome.operation_id, outcome)
    started = undo.begin(id, current_user.actor, reason)
    job_id = undo_later.later(
        operation_id=id,
        undo_operation_id=started.id,
        account_id=current_user.account_id,
        label=_("Undo"),
        link=f"/operations/{started.id}",
    )
    return Undone(started.id, job_id=job_id)
