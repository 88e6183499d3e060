"""How long a statement may take and how far a list is read: nobody can keep the database busy for the others."""

import inspect

import pytest
from sqlalchemy import text

from tenants import db, engines, enter, narrow
from tests import world as worlds

LISTS = ("/companies", "/contacts", "/contracts", "/admin/staff", "/admin/domains")


@pytest.mark.threat("T-087")
def test_statements_of_staff_portal_and_jobs_have_their_time(world, cast):
    assert inspect.signature(enter).parameters["seconds"].default == 15
    with world.inside():
        assert db.session.scalar(text("SHOW statement_timeout")) == "10min"
        narrow(cast.ina)
        assert db.session.scalar(text("SHOW statement_timeout")) == "5s"


@pytest.mark.threat("T-087")
def test_a_statement_that_takes_too_long_is_answered_and_leaves_the_connection_fit(pool_of_one, monkeypatch):
    """A table is held by somebody else for longer than a statement may take; there is one connection for all."""
    browser = pool_of_one.staff("ann")
    whole = engines.count_organization

    def hurry(connection, key):
        connection.exec_driver_sql("SET LOCAL statement_timeout = '300ms'")
        whole(connection, key)

    monkeypatch.setattr(engines, "count_organization", hurry)
    for _ in range(3):
        with pool_of_one.cluster.connect(pool_of_one.database) as other, other.transaction():
            other.execute(f"LOCK TABLE {pool_of_one.schema()}.company IN ACCESS EXCLUSIVE MODE")
            late = browser.get("/companies")
            assert late.status_code == 503 and late.headers["Retry-After"] == "5"
            assert "Acme" not in late.get_data(as_text=True)
        assert browser.get("/companies").status_code == 200


@pytest.mark.threat("T-087")
def test_a_deep_page_is_found_by_its_key_and_no_page_is_long(shared_world):
    adam, program = shared_world.staff("adam"), shared_world.api(person="adam")
    with worlds.statements() as sent:
        for path in LISTS:
            for query in ("", "?size=10", "?size=999999", "?size=-1", "?sort=-created_at", "?q=a"):
                assert adam.get(path + query).status_code == 200
        for noun in ("companies", "contacts", "contracts"):
            assert program.get(f"/api/v1/{noun}?limit=201").status_code == 400
            assert program.get(f"/api/v1/{noun}?limit=200").status_code == 200
    assert not [one for one in sent.texts if " OFFSET " in one.upper()]
