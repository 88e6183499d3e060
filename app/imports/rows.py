"""The rows of an import as people see them: verdict, person, and the reason; and the rejected ones as a file again."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field

import orjson
from sqlalchemy import select

from app.contacts.models import Contact
from app.fields.settings import fields_of
from app.fields.sheet import defused, restored
from app.i18n import gettext as _
from app.i18n import lazy_gettext as _l
from app.records import files
from tenants import db

from .layout import Layout
from .matching import PROBLEM, ignored
from .models import Import, ImportRow, ImportVerdict
from .problems import sentence
from .reading import Table, readable
from .targets import PASSWORD, Target, slots, targets

VERDICT_NAMES = {
    "create": _l("New"),
    "change": _l("Changed"),
    "same": _l("Unchanged"),
    "duplicate": _l("Duplicate"),
    "reject": _l("Rejected"),
    "conflict": _l("Changed since"),
}
NOT_IMPORTED = ("reject", "duplicate", "conflict")
PERSON = ("first_name", "last_name", "email", "user_name", "company")


@dataclass
class Shown:
    """One row of the file with what becomes of it."""

    row_no: int
    line_no: int
    verdict: str
    who: str
    contact_id: int | None
    reasons: list[str] = field(default_factory=list)
    # For programs: what was read, by field, and the verdict as it is kept.
    values: dict[str, str] = field(default_factory=dict)
    judged: ImportVerdict | None = None


def rows(found: Import, verdict: str = "", after: int = 0, limit: int = 50) -> tuple[list[Shown], int | None]:
    """Rows behind row `after`, of one verdict or of all, and the row to continue after."""
    known = targets(fields_of(Contact))
    places = slots(found.columns)
    query = (
        select(ImportVerdict, ImportRow)
        .join(
            ImportRow,
            (ImportRow.import_id == ImportVerdict.import_id) & (ImportRow.row_no == ImportVerdict.row_no),
        )
        .where(ImportVerdict.import_id == found.id, ImportVerdict.row_no > after)
        .order_by(ImportVerdict.row_no)
        .limit(limit + 1)
    )
    if verdict in VERDICT_NAMES:
        query = query.where(ImportVerdict.verdict == verdict)
    listed = [_shown(judged, row, places, known) for judged, row in db.session.execute(query)]
    return listed[:limit], (listed[limit - 1].row_no if len(listed) > limit else None)


def _shown(judged: ImportVerdict, row: ImportRow, places: dict[str, int], known: dict[str, Target]) -> Shown:
    cells = row.cells or []
    values = {
        name: _said_cell(known.get(name), cells[place - 1])
        for name, place in places.items()
        if place <= len(cells) and cells[place - 1]
    }
    who = " · ".join(str(values[name]) for name in PERSON if values.get(name))
    reasons = _reasons(judged, values, known)
    return Shown(row.row_no, row.line_no, judged.verdict, who, judged.contact_id, reasons, values, judged)


def _said_cell(target: Target | None, cell: str) -> str:
    """A staged cell as people write it: what is staged as JSON is read from it first."""
    if target is None or not target.as_json:
        return cell
    return target.kind.plain(target.kind.restore(orjson.loads(cell)))


def _reasons(judged: ImportVerdict, values: dict, known: dict[str, Target]) -> list[str]:
    if judged.verdict == "change":
        return [
            f"{known[name].label}: {values.get(name, '') or _('emptied')}" if name in known else name
            for name in judged.changed or ()
        ]
    if judged.verdict == "duplicate":
        if judged.other_row:
            return [_("The same person as in row %(row)s.", row=judged.other_row)]
        return [_("The same person as contact %(id)s.", id=judged.other_id)]
    if judged.verdict == "conflict":
        return [sentence("", "edited", "", "")]
    return [_said(problem, known) for problem in judged.problems or ()]


def _said(problem: list, known: dict[str, Target]) -> str:
    name, code, message, text = (str(part or "") for part in problem)
    words = sentence(name, code, message, text)
    label = known[name].label if name in known else ""
    return f"{label}: {words}" if label else words


def rejected(found: Import) -> Iterator[bytes]:
    """The rows that were not imported, as a CSV like the one they came from, with a last column that says why.

    Passwords are blank. The file can be imported as it is: the last column is left out by itself. Of a row whose cells
    cannot be told apart all that there is stands there, unless one may be a password. What is read of the import is
    read now, since the lines themselves are made while the answer is on its way.
    """
    known = targets(fields_of(Contact))
    query = select(ImportVerdict).where(ImportVerdict.import_id == found.id, ImportVerdict.verdict.in_(NOT_IMPORTED))
    why = {row.row_no: " ".join(_reasons(row, {}, known)) for row in db.session.scalars(query)}
    blank = {at for at, name in enumerate(found.columns) if name == PASSWORD}
    left_out = {at for at, heading in enumerate(found.reading.get("headings", [])) if ignored(heading)}
    return _lines(found.file_id, Layout.from_json(found.reading), why, blank, left_out)


def _lines(file_id: int, layout: Layout, why: dict[int, str], blank: set[int], left_out: set[int]) -> Iterator[bytes]:
    def line(cells: list[str], problem: str) -> bytes:
        text = io.StringIO()
        # Cells of the file's own that are defused already are not defused twice: reading would take back only one.
        safe = (defused(restored(cell)) for cell in cells)
        kept = ["" if at in blank else cell for at, cell in enumerate(safe) if at not in left_out]
        # With "\n" alone, Python would leave returns in cells unquoted.
        csv.writer(text, delimiter=layout.delimiter, lineterminator="\r\n").writerow([*kept, defused(problem)])
        return text.getvalue().encode()

    with readable(lambda: files.read(file_id), layout):
        table = Table(files.read(file_id), layout)
        if layout.header:
            heads = io.StringIO()
            kept = [defused(restored(heading)) for at, heading in enumerate(table.headings) if at not in left_out]
            csv.writer(heads, delimiter=layout.delimiter, lineterminator="\r\n").writerow([*kept, PROBLEM])
            yield heads.getvalue().encode()
        for batch in table.batches(1000):
            for at, cells in enumerate(batch.rows):
                if batch.first + at in why:
                    broken = None if blank else batch.broken.get(at)
                    yield line(broken.cells if broken else cells, why[batch.first + at])
