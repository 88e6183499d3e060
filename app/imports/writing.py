"""Writing a plan: companies, departments, new people, changes, all in one operation, chunk by chunk.

Each chunk is one transaction with the note how far it came, so that a worker may die at any moment: what was
committed is not done again, what was not leaves nothing behind. Only the companies and accounts of people come beside
the next chunk, and whoever was left without them by a death gets them first when the job goes on.
"""

from collections.abc import Sequence
from functools import partial

from sqlalchemy import func

from app.contacts.duplicates import find as find_duplicates
from app.i18n import gettext as _
from app.i18n import speaking
from app.people.hashing import hash_passwords
from app.records import write
from app.records.models import Operation
from tenants import db
from tenants.jobs import Cancelled, Work, job

from . import changing, creating, names
from .models import Import
from .plan import counts
from .staging import Staging, look_at_all
from .steps import SILENCE, actor_of, beside, hold, locale_of, note


@job("imports.apply", lane="long", silence=SILENCE)
def apply(work: Work, import_id: int) -> None:
    """Write what the plan says."""
    found = hold(work, import_id)
    with speaking(locale_of(found)):
        if found.operation_id is None:
            title = _("Import %(number)s: %(name)s", number=found.id, name=found.name)
            found.operation_id = write.begin(actor_of(found, work.account_id), "import", title=title).id
            look_at_all()
            names.meet(Staging.of(found))
            note(work, found, step="names", kind="company_id", after=0, written=0)
        elif found.progress["step"] == "people":
            _join(import_id)
            note(work, found)
    total = found.counts.get("create", 0) + found.counts.get("change", 0)
    for step in (_names, _people, _changes, _managers):
        made: Sequence[int] = ()
        while True:
            found = hold(work, import_id)
            if found.progress["step"] != STEPS[step]:
                break
            # The people of the last chunk get their companies and accounts while those of this one are made.
            with beside(work, partial(_join, import_id, made) if made else None):
                made = step(found, Staging.of(found), db.session.get(Operation, found.operation_id)) or ()
            try:
                note(work, found, done=found.progress["written"], total=total)
            except Cancelled:
                with beside(work, partial(_join, import_id, made) if made else None):
                    raise
    found = hold(work, import_id)
    with speaking(locale_of(found)):
        _finish(found)


def _go_on(found: Import, **progress) -> None:
    found.progress = {**found.progress, **progress}


def _names(found: Import, staging: Staging, operation: Operation) -> None:
    look_at_all()
    kind = found.progress["kind"]
    last = names.make(staging, operation, kind, found.progress["after"])
    if last is not None:
        _go_on(found, after=last)
    elif kind == "company_id":
        _go_on(found, kind="department_id", after=0)
    else:
        _go_on(found, step="people", after=0)


def _people(found: Import, staging: Staging, operation: Operation) -> Sequence[int]:
    """Make the next people; returns the rows that made some."""
    rows, last = creating.next_rows(staging, found.progress["after"], found.counts.get("forward", 0) > 0)
    if last == found.progress["after"]:
        _go_on(found, step="changes", after=0)
    elif rows:
        made, careful = creating.create(staging, operation, rows, found.progress.get("careful", False))
        _go_on(found, after=last, written=found.progress["written"] + made, careful=careful)
    else:
        _go_on(found, after=last)
    return rows


def _join(import_id: int, made: Sequence[int] | None = None) -> None:
    """Give the people of these rows their companies and accounts, or whoever was made and has none."""
    found = db.session.get(Import, import_id)
    creating.join(Staging.of(found), db.session.get(Operation, found.operation_id), made)


def _changes(found: Import, staging: Staging, operation: Operation) -> None:
    rows = changing.next_rows(staging, found.progress["after"])
    if rows:
        done = changing.change(staging, operation, rows)
        _go_on(found, after=rows[-1], written=found.progress["written"] + done)
    else:
        _go_on(found, step="managers")


def _managers(found: Import, staging: Staging, operation: Operation) -> None:
    if not found.progress.get("careful") or not creating.enter_managers(staging, operation):
        _go_on(found, step="finish")


STEPS = {_names: "names", _people: "people", _changes: "changes", _managers: "managers"}


def _finish(found: Import) -> None:
    look_at_all()
    found.counts = found.counts | counts(found.id)
    found.state, found.finished_at, found.progress = "applied", func.now(), {}
    db.session.flush()
    find_duplicates.later()
    hash_passwords.later(label=_("Passwords of import %(number)s", number=found.id))
