"""Every job of the application, asked for with the ids of another organization: it finds and touches nothing."""

import contextvars

import pytest

from app.people.models import Account
from tenants import db, runner
from tenants.jobs import FUNCTIONS, Job

from .canaries import found_in

# Kind -> the arguments of a job that was asked for in harbor with what only summit has. A new kind is red until it
# has a line here.
FOREIGN = {
    "operations.undo": lambda ids: {"operation_id": ids["operation"], "undo_operation_id": ids["operation"]},
    "records.bulk": lambda ids: {"bulk_id": ids["bulk"], "operation_id": ids["operation"], "locale": "en"},
    "exports.write": lambda ids: {"noun": "contacts", "excel": False},
    "exports.person": lambda ids: {"contact_id": ids["contact"]},
    "imports.plan": lambda ids: {"import_id": ids["import"]},
    "imports.apply": lambda ids: {"import_id": ids["import"]},
    "imports.undo": lambda ids: {"import_id": ids["import"]},
    "people.hash_passwords": lambda ids: {},
    "duplicates.find": lambda ids: {},
    "records.purge": lambda ids: {},
    "housekeeping": lambda ids: {},
}
# What a job writes in its own organization whatever it is asked for.
OWN = {"duplicates.find": {"duplicate"}}


def ours() -> set[str]:
    """The kinds of the application; other tests have jobs of their own."""
    return {kind for kind in FUNCTIONS if not kind.startswith("tests.")}


@pytest.mark.threat("T-007")
def test_every_job_is_described(app):
    assert sorted(ours()) == sorted(FOREIGN)


@pytest.mark.threat("T-001", "T-007")
@pytest.mark.parametrize("kind", sorted(FOREIGN))
def test_a_job_reaches_nothing_of_another_organization(own_world, marked, kind):
    ids = {name: found["foreign"] for name, found in marked.ids.items()}
    with own_world.inside("summit"):
        account_id = max(db.session.scalars(db.select(Account.id)))
    before = own_world.checksum(but=("job", "wake"))
    with own_world.inside("harbor"):
        assert db.session.get(Account, account_id) is None
        job_id = FUNCTIONS[kind].later(account_id=account_id, **FOREIGN[kind](ids))
    contextvars.Context().run(runner.run, own_world.keys["harbor"], job_id)
    after = own_world.checksum(but=("job", "wake"))
    own = {f"{own_world.schema()}.{table}" for table in OWN.get(kind, ())}
    assert {table for table in before if before[table] != after[table]} - own == set()
    with own_world.inside("harbor"):
        row = db.session.get(Job, job_id)
        words = str({column.name: getattr(row, column.name) for column in Job.__table__.columns})
    assert not [one for one in found_in(words) if one[0] != "h"]
