"""Every file of the corpus is read, or refused with a sentence; nothing else is raised, and nothing is written."""

import pytest
from sqlalchemy import select

from app.fields.errors import FieldErrors
from app.imports import actions, queries
from app.imports.encodings import Unreadable
from app.imports.rows import rows
from app.people.models import Account
from app.records.actor import Actor
from app.settings import custom
from tenants import db
from tests import world as worlds

from .corpus import FIELDS, Case, letters, others, tables, values
from .reader import read

CASES = [*letters.CASES, *tables.CASES, *others.CASES, *values.CASES]
# Some go all the way, the others only through the reading.
WHOLE = [case for case in CASES if case.whole]
READ = [case for case in CASES if not case.whole]


@pytest.fixture(scope="module")
def desk(app, cluster, template):
    """One world for all files, in which contacts have a date of the organization's own."""
    for world in worlds.fresh(app, cluster, template):
        with world.inside():
            custom.create("contact", "date", {"label": "Next visit"}, actor=_ann())
        yield world


@pytest.fixture(scope="module")
def columns(desk):
    """What a column can mean there."""
    with desk.inside():
        return actions.columns_of()


def _ann() -> Actor:
    return Actor("Ann", db.session.scalar(select(Account.id).where(Account.staff_id.is_not(None)).limit(1)))


def _written(world) -> list[dict]:
    """Numbers that grow when anything is written but imports themselves."""
    tables = ("contact", "company", "operation", "change", "account")
    counts = ", ".join(f"(SELECT count(*) FROM {world.schema()}.{table}) AS {table}" for table in tables)
    return world.sql(f"SELECT {counts}")


def _parts(data: bytes, size: int = 100_003):
    for start in range(0, len(data), size):
        yield data[start : start + size]


def _checked(world, case: Case) -> tuple[list[dict[str, str]], dict[int, str]]:
    """Upload and check a file: its rows that are taken, and the reasons for those that are not."""
    try:
        with world.inside():
            made = actions.upload(f"{case.name}.csv", _parts(case.data), actor=_ann()).id
            actions.set_rules(made, {"locale": case.locale})
            actions.start_plan(made, actor=_ann())
    except FieldErrors as error:
        raise Unreadable(" ".join(one.message for one in error.errors.values())) from error
    world.run_jobs(failing=True)
    with world.inside():
        loaded = queries.get(made)
        if loaded.state != "planned":
            raise Unreadable(loaded.trouble)
        listed, _more = rows(loaded.found, limit=10_000)
        refused = {row.row_no: " ".join(row.reasons) for row in listed if row.verdict == "reject"}
        return [row.values for row in listed if row.row_no not in refused], refused


def _judge(case: Case, outcome) -> None:
    if case.fault:
        with pytest.raises(Unreadable) as found:
            outcome()
        assert case.fault in str(found.value)
        assert str(found.value).endswith(".")
        return
    taken, refused = outcome()
    found = [tuple(row.get(name) or "" for name in FIELDS) for row in taken]
    assert found == [row + ("",) * (len(FIELDS) - len(row)) for row in case.rows]
    assert refused.keys() == case.rejected.keys()
    for number, reason in case.rejected.items():
        assert reason in refused[number]
        assert refused[number].endswith((".", "?"))


def test_the_corpus_is_large_and_no_case_stands_there_twice():
    assert len(CASES) >= 60
    assert len({case.name for case in CASES}) == len(CASES)


@pytest.mark.feature("B011", "L129")
@pytest.mark.parametrize("case", WHOLE, ids=[case.name for case in WHOLE])
def test_a_file_is_checked_row_by_row_and_nothing_is_written(desk, case):
    before = _written(desk)
    _judge(case, lambda: _checked(desk, case))
    assert _written(desk) == before


@pytest.mark.feature("B011", "L129")
@pytest.mark.parametrize("case", READ, ids=[case.name for case in READ])
def test_a_file_is_read_or_refused_with_a_sentence(app, columns, case):
    with app.app_context():
        _judge(case, lambda: read(list(_parts(case.data)), columns, locale=case.locale))
