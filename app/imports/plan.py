"""The plan: the whole file read and staged, and a verdict for each row, before anything is written.

Every step commits in chunks and notes how far it came on the import itself, so that a plan whose worker died goes on
where it stopped, and two runs of it take turns.
"""

import hashlib
from collections.abc import Iterator
from functools import partial

from sqlalchemy import delete, func, select

from app.i18n import gettext as _
from app.i18n import speaking
from app.people import passwords
from app.records import files
from tenants import db
from tenants.ahead import ahead
from tenants.jobs import JobFailed, Work, job

from . import doubles, names, problems, verdicts
from .cells import COLUMNS, Reader
from .encodings import Unreadable
from .layout import Layout
from .matching import left_to_say
from .models import VERDICTS, Import, ImportName, ImportRow, ImportVerdict
from .reading import Table, readable
from .staging import CHUNK, JUDGED, Staging, look_at_all
from .steps import SILENCE, beside, hold, locale_of, note

COPY = f"COPY import_row ({', '.join(COLUMNS)}) FROM STDIN"


@job("imports.plan", lane="long", silence=SILENCE)
def plan(work: Work, import_id: int) -> None:
    """Read the file and give each row its verdict; nothing but the staging tables is written."""
    found = hold(work, import_id)
    with speaking(locale_of(found)):
        if found.progress.get("step") is None:
            forget(import_id)
            note(work, found, step="read", row=0)
        _read(work, import_id)
        _compare(work, import_id)
        _resolve(work, import_id)
        _finish(work, import_id)


def forget(import_id: int) -> None:
    """Remove what an earlier plan of this import staged."""
    for model in (ImportRow, ImportVerdict, ImportName):
        db.session.execute(delete(model).where(model.import_id == import_id))


def _read(work: Work, import_id: int) -> None:
    """Stage the rows: the file is read and parsed a little ahead, in a thread beside the database's work."""
    found = hold(work, import_id)
    if found.progress["step"] != "read":
        return
    staging, after, total = Staging.of(found), found.progress["row"], found.reading.get("lines", 0)
    for first, count, lines, blank in ahead(lambda: _parsed(import_id, after)):
        found = hold(work, import_id)
        _copy(lines)
        last = first + count - 1
        verdicts.enter(staging, first, last)
        note(work, found, done=last, total=max(total, last), row=last, blank=blank)
    found = hold(work, import_id)
    if not found.progress["row"]:
        raise JobFailed(_("Below the headings there are no rows. Choose another file, or say that it has no headings."))
    note(work, found, step="compare")


def _copy(lines: bytes) -> None:
    with db.session.connection().connection.driver_connection.cursor().copy(COPY) as copy:
        copy.write(lines)


def _parsed(import_id: int, after: int) -> Iterator[tuple[int, int, bytes, int]]:
    """(first row, how many, their lines for COPY, blank lines so far) for each batch behind row `after`."""
    found = db.session.get(Import, import_id)
    file = db.session.get(files.File, found.file_id)
    staging, layout = Staging.of(found), Layout.from_json(found.reading)
    columns = [(at, staging.targets[name]) for at, name in enumerate(staging.columns) if name in staging.targets]
    absent = left_to_say(staging.columns, staging.targets)
    digest = hashlib.sha256()

    def parts() -> Iterator[bytes]:
        for part in files.read(file.id):
            digest.update(part)
            yield part

    with speaking(locale_of(found)):
        reader = Reader(import_id, columns, absent, found.repairs, staging.rules.locale, passwords.sealed)
        try:
            with readable(lambda: files.read(file.id), layout):
                table = Table(parts(), layout)
                if table.width != len(staging.columns):
                    raise Unreadable(_("The columns of the file are others than those that were matched."))
                for batch in table.batches(CHUNK, after=after):
                    yield batch.first, len(batch), reader.copy_lines(batch), table.blank
        except Unreadable as error:
            raise JobFailed(str(error)) from error
    if digest.hexdigest() != file.sha256:
        raise JobFailed(_("The stored file is not the one that was uploaded. Upload it again."))


def _compare(work: Work, import_id: int) -> None:
    """What rows have to do with each other, and the names they use: seen over the whole file at once."""
    found = hold(work, import_id)
    if found.progress["step"] != "compare":
        return
    staging = Staging.of(found)
    look_at_all()
    doubles.mark_doubles(staging)
    doubles.make_user_names(staging)
    names.look_up(staging)
    note(work, found, step="resolve", resolved=0)


def _resolve(work: Work, import_id: int) -> None:
    found = hold(work, import_id)
    if found.progress["step"] != "resolve":
        return
    last = found.progress["row"]
    for first in range(found.progress["resolved"] + 1, last + 1, 2 * JUDGED):
        found = hold(work, import_id)
        # Two chunks at a time: nothing that is judged in one depends on what is judged in the other.
        second = first + JUDGED
        with beside(work, partial(_judge, import_id, second) if second <= last else None):
            _judge(import_id, first)
        done = min(first + 2 * JUDGED - 1, last)
        note(work, found, done=done, total=last, resolved=done)
    note(work, hold(work, import_id), step="finish")


def _judge(import_id: int, first: int) -> None:
    verdicts.resolve(Staging.of(db.session.get(Import, import_id)), first, first + JUDGED - 1)


def _finish(work: Work, import_id: int) -> None:
    found = hold(work, import_id)
    look_at_all()
    doubles.reject_followers(Staging.of(found))
    found.counts = counts(import_id) | {"blank": found.progress.get("blank", 0)}
    found.state = "planned"
    found.progress = {}


def counts(import_id: int) -> dict[str, int]:
    """Rows by verdict, and how many companies and departments the kept rows need made."""
    mine = ImportVerdict.import_id == import_id
    rows = select(ImportVerdict.verdict, func.count()).where(mine).group_by(ImportVerdict.verdict)
    found = dict.fromkeys(VERDICTS, 0) | dict(db.session.execute(rows).all())
    found["rows"] = sum(found.values())
    # How many name a line manager who comes further down.
    down = (ImportVerdict.verdict == "create") & (ImportVerdict.manager_row > ImportVerdict.row_no)
    found["forward"] = db.session.scalar(select(func.count()).select_from(ImportVerdict).where(mine, down))
    for kind, column in (("companies", "company_id"), ("departments", "department_id")):
        found[kind] = db.session.scalar(select(func.count()).select_from(names.to_make(import_id, column).subquery()))
    found["groups"] = problems.count_groups(import_id)
    return found
