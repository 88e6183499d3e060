"""What can be done with imports, on the desk, through the API and from the command line."""

from collections.abc import Iterable, Sequence

from sqlalchemy import select

from app.contacts.models import Contact
from app.fields.errors import FieldError, FieldErrors
from app.fields.settings import fields_of
from app.i18n import current_locale
from app.i18n import gettext as _
from app.i18n import lazy_gettext as _l
from app.records import files, undo
from app.records.actor import Actor
from app.records.errors import Conflict, NotFound
from tenants import db, jobs

from . import matching
from .encodings import Examination, Unreadable
from .layout import Layout, detect
from .models import Import
from .plan import forget, plan
from .queries import Loaded
from .reading import preview
from .rules import Rules
from .targets import Target, targets
from .undoing import take_back
from .writing import apply


class Busy(Conflict):
    """A worker is at work on this import."""

    sentence = _l("This import is being worked on. Wait until it is done, or cancel it first.")


class NotReady(Conflict):
    """The step before this one is still to do."""

    sentence = _l("This step comes later: check the rows first.")


def columns_of() -> dict[str, Target]:
    """Everything that a column can be matched to."""
    return targets(fields_of(Contact))


def upload(name: str, chunks: Iterable[bytes], *, actor: Actor) -> Import:
    """Keep a file and find out how to read it and what its columns mean.

    Raises `FieldErrors` for what is no table at all; nothing is kept then.
    """
    seen = Examination()
    try:
        file = files.store(_name(name), seen.watch(chunks), media_type="text/csv", account_id=actor.account_id)
        encoding = seen.encoding()
        found = columns_of()
        head = bytes(seen.head).decode(encoding, "replace").lstrip("\ufeff")
        layout = detect(head, encoding, matching.is_heading(found))
        table, _rows = preview(lambda: files.read(file.id), layout)
    except Unreadable as error:
        raise _refused("file", error) from error
    made = Import(
        file_id=file.id,
        name=file.name,
        reading=layout.as_json() | {"lines": seen.lines, "headings": _plain(table.headings)},
        columns=matching.match(table.headings, found),
        rules=Rules(locale=current_locale()).as_json(),
        account_id=actor.account_id,
    )
    db.session.add(made)
    db.session.flush()
    return made


def _name(name: str) -> str:
    """A file's name as it is shown: without folders and control characters."""
    shown = "".join(sign for sign in name.replace("\\", "/").rpartition("/")[2] if sign.isprintable()).strip()
    return shown[:200] or "import.csv"


def _plain(headings: Sequence[str]) -> list[str]:
    """Headings as JSON may hold them."""
    return [heading.replace("\0", "\ufffd")[:200] for heading in headings]


def _refused(name: str, error: Unreadable) -> FieldErrors:
    return FieldErrors({name: FieldError(str(error), code="unreadable")})


def held(import_id: int) -> Loaded:
    """The import for a change: nobody else changes it meanwhile. Raises `NotFound`."""
    found = db.session.scalar(
        select(Import).where(Import.id == import_id).with_for_update().execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound
    return Loaded(found, db.session.get(jobs.Job, found.job_id, populate_existing=True) if found.job_id else None)


def changeable(import_id: int) -> Import:
    """An import whose settings may still change: nothing was written from it."""
    loaded = held(import_id)
    if loaded.runs:
        raise Busy
    if loaded.state not in ("uploaded", "planned"):
        raise Conflict(_("This import was written already; its settings stay as they were. Upload the file again."))
    return loaded.found


def again(found: Import) -> None:
    """What was planned no longer holds."""
    if found.state != "uploaded":
        forget(found.id)
    found.state, found.counts, found.progress = "uploaded", {}, {}


def set_reading(import_id: int, given: dict) -> Import:
    """Read the file otherwise: encoding, delimiter, header, skip, short. Columns are matched anew.

    Raises `FieldErrors` when it cannot be read that way.
    """
    found = changeable(import_id)
    try:
        before = Layout.from_json(found.reading)
        layout = before.changed(given)
        table, _rows = preview(lambda: files.read(found.file_id), layout)
    except Unreadable as error:
        raise _refused("reading", error) from error
    headings = _plain(table.headings)
    if headings != found.reading.get("headings") or len(found.columns) != len(headings):
        found.columns, found.repairs = matching.match(table.headings, columns_of()), {}
    if layout != before:
        again(found)
    found.reading = {**found.reading, **layout.as_json(), "headings": headings}
    db.session.flush()
    return found


def set_columns(import_id: int, columns: Sequence[str]) -> Import:
    """Say which field each column means, '' for none. Raises `FieldErrors` for what cannot be."""
    found = changeable(import_id)
    columns = [str(name) for name in columns]
    wrong = matching.wrong(columns, columns_of())
    if len(columns) != len(found.reading["headings"]):
        wrong = _("The file has %(n)s columns; say what each of them means.", n=len(found.reading["headings"]))
    if wrong:
        raise FieldErrors({"columns": FieldError(wrong, code="columns")})
    if columns != found.columns:
        again(found)
        found.columns = columns
    db.session.flush()
    return found


def set_rules(import_id: int, given: dict) -> Import:
    """Choose what happens with people who are there already, with empty cells, and with portal access."""
    found = changeable(import_id)
    rules = Rules.from_json(found.rules).changed(given)
    if rules.as_json() != found.rules:
        again(found)
        found.rules = rules.as_json()
    db.session.flush()
    return found


def start_plan(import_id: int, *, actor: Actor) -> Import:
    """Let a worker check every row. Asked twice, it runs once."""
    loaded = held(import_id)
    found = loaded.found
    if loaded.runs and found.state == "planning":
        return found
    found = changeable(import_id)
    wrong = matching.wrong(found.columns, columns_of())
    if wrong:
        raise FieldErrors({"columns": FieldError(wrong, code="columns")})
    found.counts, found.progress, found.account_id = {}, {}, actor.account_id
    return _start(plan, found, "planning", _("Check of %(name)s", name=found.name), actor)


def start_apply(import_id: int, *, actor: Actor) -> Import:
    """Let a worker write what the plan says, or go on where writing was stopped. Asked twice, it runs once."""
    loaded = held(import_id)
    found = loaded.found
    if found.state == "applied" or (loaded.runs and found.state == "applying"):
        return found
    if loaded.runs:
        raise Busy
    if not (found.state == "planned" or (loaded.state == "stopped" and found.state == "applying")):
        raise NotReady
    if not found.counts.get("create", 0) + found.counts.get("change", 0):
        raise Conflict(_("There is nothing to write: no row makes or changes anybody."))
    return _start(apply, found, "applying", _("Import of %(name)s", name=found.name), actor)


def start_undo(import_id: int, *, actor: Actor, reason: str = "") -> Import:
    """Let a worker take the import back, or go on with it. Asked twice, it runs once."""
    loaded = held(import_id)
    found = loaded.found
    if found.state == "undone" or (loaded.runs and found.state == "undoing"):
        return found
    if loaded.runs:
        raise Busy
    if found.operation_id is None or loaded.state not in ("applied", "stopped"):
        raise Conflict(_("There is nothing to undo: this import has written nothing."))
    if found.undo_id is None:
        found.undo_id = undo.begin(found.operation_id, actor, reason).id
    return _start(take_back, found, "undoing", _("Undo of %(name)s", name=found.name), actor)


def _start(step: jobs.JobFunction, found: Import, state: str, label: str, actor: Actor) -> Import:
    found.state = state
    found.job_id = step.later(account_id=actor.account_id, label=label, link=f"/imports/{found.id}", import_id=found.id)
    db.session.flush()
    return found


def cancel(import_id: int) -> None:
    """Stop what runs, at the border of its current chunk."""
    loaded = held(import_id)
    if loaded.runs:
        jobs.cancel(loaded.job.id)
