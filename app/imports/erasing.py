"""What imports hold of a person who is erased: staged rows, and the file they came from."""

from typing import Any

from sqlalchemy import Text, cast, column, delete, func, or_, select, update

from app.contacts.models import Contact
from app.i18n import lazy_gettext as _l
from app.records import erasing
from app.records.erasing import Work
from app.records.files import File, FilePart
from tenants import db

from .models import Import, ImportRow, ImportVerdict

_WRITTEN = ("applied", "undoing", "undone")
_QUIET = {"synchronize_session": False}


@erasing.part(
    Contact,
    import_rows=_l("Rows of imported files"),
    import_files=_l("Imported files that held such a row; their contents are removed whole"),
)
def erase_imports(work: Work) -> None:
    """Empty every staged row that is about the person, and the files in which these rows came."""
    found = _rows(work)
    for import_id in sorted({one for one, _row in found}):
        numbers = [row for one, row in found if one == import_id]
        staged = (ImportRow.import_id == import_id) & ImportRow.row_no.in_(numbers)
        rows = db.session.execute(select(ImportRow.cells, ImportRow.problems).where(staged)).all()
        blank = func.string_to_array(func.repeat(",", func.cardinality(ImportRow.cells) - 1), ",")
        values = {"cells": blank, "problems": None, "missing": None, "password": None}
        db.session.execute(update(ImportRow).where(staged).values(values).execution_options(**_QUIET))
        judged = (ImportVerdict.import_id == import_id) & ImportVerdict.row_no.in_(numbers)
        values: dict[str, Any] = dict.fromkeys(("user_key", "person_key", "user_name", "problems", "other_id"))
        found_import = db.session.get(Import, import_id)
        if found_import.state not in _WRITTEN:
            # What is not written yet never is.
            values["verdict"] = "reject"
        db.session.execute(update(ImportVerdict).where(judged).values(values).execution_options(**_QUIET))
        _forget_file(found_import, {cell for row in rows for cell in _texts(row)})
        work.note("import_files", 1, f"file of import {import_id}")
        work.note("import_rows", len(numbers), *[f"import {import_id}: row {row}" for row in sorted(numbers)])
    erasing.reword(work, Import.__table__, ("name", "reading", "repairs"))


def _rows(work: Work) -> set[tuple[int, int]]:
    """The rows that name the person, or that hold an address or a user name of theirs."""
    ids, keys = work.subject.ids, work.subject.keys
    judged = select(ImportVerdict.import_id, ImportVerdict.row_no)
    about = or_(ImportVerdict.contact_id.in_(ids), ImportVerdict.other_id.in_(ids))
    about |= func.lower(ImportVerdict.user_name).in_(keys)
    found = {tuple(row) for row in db.session.execute(judged.where(about))}
    cell = func.unnest(ImportRow.cells).table_valued(column("cell", Text)).render_derived("cells")
    holds = select(cell.c.cell).where(func.lower(func.btrim(cell.c.cell)).in_(keys)).exists()
    said = [cast(one, Text).regexp_match(work.pattern, flags="i") for one in (ImportRow.problems, ImportRow.missing)]
    rows = select(ImportRow.import_id, ImportRow.row_no).where(or_(holds, *said))
    return found | {tuple(row) for row in db.session.execute(rows)}


def _texts(row: Any) -> list[str]:
    """Every text that was found in a row."""
    return [*(row.cells or ()), *(str(problem[-1]) for problem in row.problems or () if problem and problem[-1])]


def _forget_file(found: Import, texts: set[str]) -> None:
    """Remove the content of an import's file, and the repairs that were made for these texts."""
    found.repairs = {
        name: {text: new for text, new in repairs.items() if text not in texts}
        for name, repairs in (found.repairs or {}).items()
    }
    db.session.execute(delete(FilePart).where(FilePart.file_id == found.file_id).execution_options(**_QUIET))
    gone = update(File).where(File.id == found.file_id).values(size=0, sha256="")
    db.session.execute(gone.execution_options(**_QUIET))
    db.session.flush()
