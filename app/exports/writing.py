"""Writing a sheet: the database makes the CSV itself, a few thousand rows at a time, straight into a stored file."""

import csv
import io
from datetime import timedelta

from sqlalchemy import Select, func, insert, select, update
from sqlalchemy.dialects import postgresql

from app.fields.sheet import defused, defused_csv
from app.i18n import lazy_gettext as _l
from app.people.models import Account, Staff
from app.people.viewer import ACCOUNT, STAFF, staff_viewer
from app.records.actor import Actor
from app.records.errors import NotFound
from app.records.files import File, FilePart
from tenants import db, retention, set_for_transaction
from tenants.jobs import Job, Work, job
from tenants.secrets import seal

from .sheets import delimiter, sheet

# Rows that are written at a time, and bytes of them that are kept together.
ROWS = 20_000
PART = 1024 * 1024
PURPOSE = "export"
# A file is fetched when it is ready; it holds everybody's data, and does not lie about for long.
retention.forget(File, (File.purpose == PURPOSE) & (File.created_at < func.now() - timedelta(days=7)))
NOUNS = {"contacts": _l("Export of contacts"), "companies": _l("Export of companies")}


@job("exports.write", lane="long")
def write(work: Work, noun: str, excel: bool) -> None:
    """Write all contacts or companies that the asking person may see into a file; resumes where it stopped."""
    headings, rows, record_id = sheet(noun, asking(work.account_id))
    if "file" not in work.saved:
        file = File(
            name=f"{noun}.csv", media_type="text/csv; charset=utf-8", account_id=work.account_id, purpose=PURPOSE
        )
        db.session.add(file)
        db.session.flush()
        total = db.session.scalar(select(func.count()).select_from(rows.subquery()))
        _add_parts(file.id, 0, [_head(headings, excel)])
        work.checkpoint(done=0, total=total, file=file.id, part=1, last=0, done_=0)
    while True:
        _prepare()
        last, count = _upper(rows, record_id, work.saved["last"])
        if not count:
            break
        chunk = rows.where(record_id > work.saved["last"], record_id <= last).order_by(record_id)
        part = _add_parts(work.saved["file"], work.saved["part"], _copy(chunk, excel))
        done = work.saved["done_"] + count
        work.checkpoint(done=done, part=part, last=last, done_=done)
    db.session.execute(update(Job).where(Job.id == work.id).values(link=f"/exports/{work.saved['file']}"))


def ask(noun: str, excel: bool, actor: Actor) -> int:
    """Have a worker write the sheet; returns the job's id, whose page leads to the file."""
    if noun not in NOUNS:
        raise NotFound
    return write.later(noun=noun, excel=excel, account_id=actor.account_id, label=str(NOUNS[noun]))


def asking(account_id: int):
    """The person the file is for, with today's rights."""
    row = db.session.execute(
        select(*ACCOUNT, *STAFF).join(Staff, Staff.id == Account.staff_id).where(Account.id == account_id, Staff.active)
    ).first()
    if row is None:
        raise NotFound
    return staff_viewer(row)


def _upper(rows: Select, record_id, last: int) -> tuple[int | None, int]:
    """The highest id of the next chunk and how many rows it has."""
    ids = rows.with_only_columns(record_id).where(record_id > last).order_by(record_id).limit(ROWS).subquery()
    return tuple(db.session.execute(select(func.max(ids.c.id), func.count())).one())


def _head(headings: list[str], excel: bool) -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter(excel), lineterminator="\n").writerow([defused(one) for one in headings])
    return ("\ufeff" if excel else "").encode() + text.getvalue().encode()


def _prepare() -> None:
    """Set this transaction up for one chunk: it is too short for the planner to compile its expressions.

    A chunk that is lost with the server is lost together with how far it came, and is written again.
    """
    set_for_transaction(jit="off", synchronous_commit="off")


def _copy(rows: Select, excel: bool) -> list[bytes]:
    """The rows as CSV, in parts that end with a row."""
    # COPY takes no parameters; "named" leaves percent signs as they are.
    query = rows.compile(dialect=postgresql.dialect(paramstyle="named"), compile_kwargs={"literal_binds": True})
    command = f"COPY ({query}) TO STDOUT (FORMAT csv, DELIMITER '{delimiter(excel)}')"
    parts, part = [], bytearray()
    with db.session.connection().connection.driver_connection.cursor() as cursor, cursor.copy(command) as copy:
        # PostgreSQL sends a row at a time.
        for row in copy:
            part += row
            if len(part) >= PART:
                parts.append(defused_csv(bytes(part), delimiter(excel)))
                part.clear()
    return [*parts, defused_csv(bytes(part), delimiter(excel))] if part else parts


def _add_parts(file_id: int, first: int, parts: list[bytes]) -> int:
    """Put parts behind the ones that are there; returns the number of the next one."""
    for no, data in enumerate(parts, first):
        db.session.execute(insert(FilePart).values(file_id=file_id, no=no, data=seal("file", data)))
    size = sum(map(len, parts))
    db.session.execute(update(File).where(File.id == file_id).values(size=File.size + size))
    return first + len(parts)
