"""What is wrong with rows, in words, and gathered into groups that one repair mends."""

from dataclasses import dataclass

from sqlalchemy import Text, distinct, func, literal, select, tuple_
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.sql import column

from app.i18n import gettext as _
from tenants import db

from .models import ImportVerdict

VERDICT = ImportVerdict.__table__


@dataclass(frozen=True)
class Group:
    """All rows with the same problem in the same field over the same text."""

    field: str
    code: str
    found: str
    message: str
    count: int
    first_row: int


def sentence(field: str, code: str, message: str, found: str, label: str = "") -> str:
    """What is wrong and how to mend it."""
    said = {
        "another": lambda: _(
            "The user name “%(found)s” belongs to somebody else than the e-mail address with this name.", found=found
        ),
        "manager": lambda: _(
            "Nobody has the user name “%(found)s”, and no row that can be imported makes such a person.", found=found
        ),
        "manager_rejected": lambda: _("The line manager stands in row %(row)s, which is not imported.", row=found),
        "self": lambda: _("Nobody can be their own line manager."),
        "partner": lambda: _(
            "No company, or more than one, has “%(found)s” as its address, its contact's, or its web domain.",
            found=found,
        ),
        "no_company": lambda: _("This needs a company in the same row."),
        "no_department": lambda: _("This needs a department in the same row."),
        "no_record": lambda: _("There is no record with the number %(found)s.", found=found),
        "taken": lambda: _("Somebody else has this user name, or this e-mail address and name, since the check."),
        "edited": lambda: _("This person was changed by somebody since the check."),
    }.get(code)
    return said() if said else message


def _listed(import_id: int):
    """One row for each problem of each rejected row."""
    one = func.jsonb_array_elements(VERDICT.c.problems).table_valued(column("value", JSONB), name="one")
    text = one.c.value.op("->>", return_type=Text())
    parts = [text(n).label(name) for n, name in enumerate(("field", "code", "message", "found"))]
    rejected = (VERDICT.c.import_id == import_id) & (VERDICT.c.verdict == "reject")
    return select(VERDICT.c.row_no, *parts).join_from(VERDICT, one, literal(True)).where(rejected)


def groups(import_id: int, limit: int = 50) -> list[Group]:
    """The groups of problems, the largest first."""
    rows = _listed(import_id).subquery()
    keys = (rows.c.field, rows.c.code, rows.c.found)
    found = (
        select(*keys, func.min(rows.c.message), func.count().label("times"), func.min(rows.c.row_no))
        .group_by(*keys)
        .order_by(func.count().desc(), func.min(rows.c.row_no))
        .limit(limit)
    )
    return [
        Group(field, code, text, sentence(field, code, message, text), times, first)
        for field, code, text, message, times, first in db.session.execute(found)
    ]


def count_groups(import_id: int) -> int:
    """How many different problems there are."""
    rows = _listed(import_id).subquery()
    return db.session.scalar(select(func.count(distinct(tuple_(rows.c.field, rows.c.code, rows.c.found))))) or 0
