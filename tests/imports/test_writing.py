"""Writing a plan chunk by chunk: people first, and beside the next ones their companies and accounts."""

import pytest
from sqlalchemy import select

from app.companies.models import Company
from app.contacts.models import Contact, Membership
from app.imports import actions, creating
from app.records import write
from app.records.actor import SYSTEM
from tenants import db, scope
from tenants.jobs import cancel
from tests.faults.importing import Importing, rows

PEOPLE, COMPANIES, CHUNK = 40, 4, 10
ALONE = (
    "contact c WHERE c.created_op = %s"
    " AND NOT EXISTS (SELECT FROM {s}.membership m WHERE m.contact_id = c.id AND m.withdrawn_at IS NULL)"
)


@pytest.fixture
def planned(world, monkeypatch):
    """An import of forty people that is ready to be written, ten at a time."""
    monkeypatch.setattr(creating, "MADE", CHUNK)
    found = Importing(world, "harbor", rows(PEOPLE, COMPANIES, "quick"))
    found.begin(actions.start_plan)
    world.run_jobs()
    return found


@pytest.fixture
def meanwhile(monkeypatch):
    """Call a function, in a transaction of its own, once: before the n-th call of a function of `creating`."""

    def arrange(name: str, nth: int, function) -> list[int]:
        inner, calls = getattr(creating, name), []

        def outer(*args):
            calls.append(1)
            if len(calls) == nth:
                with scope("harbor"):
                    function(*args)
            return inner(*args)

        monkeypatch.setattr(creating, name, outer)
        return calls

    return arrange


def made(found: Importing, query: str = "contact c WHERE c.created_op = %s") -> int:
    return found.count(query.replace("{s}", found.schema), found.found().operation_id)


def test_who_was_made_before_somebody_stopped_the_import_has_a_company(world, planned, meanwhile):
    job_id = planned.begin(actions.start_apply)
    meanwhile("create", 2, lambda *_args: cancel(job_id))
    assert world.run_jobs() == ["cancelled"]
    assert CHUNK <= made(planned) < PEOPLE
    assert made(planned, ALONE) == 0
    # It can be taken up again, and comes to its end.
    planned.begin(actions.start_apply)
    world.run_jobs()
    planned.is_applied()


def test_who_was_given_a_company_meanwhile_keeps_it_and_the_others_get_theirs(world, planned, meanwhile):
    met = {}

    def give(_staging, operation, _rows) -> None:
        met["person"] = db.session.scalar(select(Contact.id).where(Contact.created_op == operation.id).limit(1))
        values = {"name": "Quick & Sons"}
        met["company"] = write.create(Company, values, actor=SYSTEM)
        values = {"contact_id": met["person"], "company_id": met["company"]}
        met["membership"] = write.create(Membership, values, actor=SYSTEM)

    planned.begin(actions.start_apply)
    meanwhile("join", 1, give)
    assert "done" in world.run_jobs()
    assert planned.found().state == "applied"
    assert (made(planned), made(planned, ALONE)) == (PEOPLE, 0)
    theirs = planned.sql("SELECT id, company_id FROM {s}.membership WHERE contact_id = %s", met["person"])
    assert theirs == [{"id": met["membership"], "company_id": met["company"]}]
