"""A pooled connection is used by one organization after the other: nothing of one may be left for the next."""

import contextlib
import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tenants import db, engines, narrow

ORGANIZATIONS = ("harbor", "summit")


class Interrupted(Exception):
    """What goes wrong in the middle of the work."""


def read(slug: str) -> None:
    assert asked() == slug


def asked() -> str:
    return db.session.execute(text("SELECT address FROM company ORDER BY id LIMIT 1")).scalar_one()


def commit_twice(slug: str) -> None:
    read(slug)
    db.session.commit()
    read(slug)
    db.session.commit()
    read(slug)


def roll_back(slug: str) -> None:
    db.session.execute(text("UPDATE company SET address = 'lost'"))
    db.session.rollback()
    read(slug)


def savepoints(slug: str) -> None:
    with db.session.begin_nested():
        read(slug)
    savepoint = db.session.begin_nested()
    db.session.execute(text("UPDATE company SET address = 'lost'"))
    savepoint.rollback()
    read(slug)


def wrong_sql(slug: str) -> None:
    read(slug)
    db.session.execute(text("SELECT * FROM no_such_table"))


def wrong_sql_in_savepoint(slug: str) -> None:
    with pytest.raises(DBAPIError), db.session.begin_nested():
        db.session.execute(text("SELECT 1 / 0"))
    read(slug)


def interrupted(slug: str) -> None:
    db.session.execute(text("UPDATE company SET address = 'lost'"))
    raise Interrupted


def as_portal_viewer(slug: str) -> None:
    narrow(db.session.scalar(text("SELECT id FROM contact WHERE user_name = 'ina'")))
    assert db.session.execute(text("SELECT count(*) FROM company")).scalar_one() == 1
    read(slug)


def other_settings(slug: str) -> None:
    db.session.execute(text("SET LOCAL search_path = nowhere"))
    db.session.execute(text("RESET ROLE"))


WORK = (
    read,
    commit_twice,
    roll_back,
    savepoints,
    wrong_sql,
    wrong_sql_in_savepoint,
    interrupted,
    as_portal_viewer,
    other_settings,
)


@pytest.mark.threat("T-005", "T-006")
def test_a_thousand_uses_of_one_connection_never_meet(pool_of_one):
    for slug in ORGANIZATIONS:
        pool_of_one.sql(f"UPDATE {pool_of_one.schema(slug)}.company SET address = '{slug}'")
    chance = random.Random(5)
    used: Counter = Counter()
    for number in range(1000):
        slug, work = chance.choice(ORGANIZATIONS), chance.choice(WORK)
        with contextlib.suppress(Interrupted, DBAPIError), pool_of_one.inside(slug):
            used[work.__name__] += 1
            work(slug)
        if number % 10 == 0:
            with pool_of_one.app.app_context():
                is_clean("desk")
                is_clean("portal")
    assert set(used) == {work.__name__ for work in WORK}


def is_clean(login: str) -> None:
    """What a use finds on a connection that the pool hands out: its own login, no path, no viewer, no privilege."""
    with engines.engine("main", login).connect() as connection:
        row = connection.execute(
            text(
                "SELECT current_user, session_user, current_setting('search_path'),"
                " coalesce(current_setting('app.contact_id', true), ''),"
                " coalesce(current_setting('app.companies', true), ''), current_setting('statement_timeout')"
            )
        ).one()
        assert row == (engines.LOGINS[login], engines.LOGINS[login], "no_tenant", "", "", "0")


@pytest.mark.threat("T-005")
def test_requests_of_two_organizations_share_one_connection(probe):
    views = ("read", "fail", "fail-in-sql", "rolled-back", "nested", "streamed", "nothing", "twice?address={}")
    chance = random.Random(8)
    for _ in range(100):
        slug, view = chance.choice(ORGANIZATIONS), chance.choice(views)
        response = probe(slug, view.format(slug))
        other = "summit" if slug == "harbor" else "harbor"
        page = response.get_data(as_text=True)
        assert other not in page
        assert response.status_code == (500 if "fail" in view else 200)
        if view not in ("fail", "fail-in-sql", "nothing"):
            assert {part.partition("/")[2] for part in page.split()} == {slug}


@pytest.mark.threat("T-006")
def test_a_view_that_commits_stays_in_its_organization(probe, world):
    page = probe("harbor", "twice?address=kept").get_data(as_text=True)
    assert page == f"{world.schema()}/harbor {world.schema()}/kept"
    assert probe("summit", "read").get_data(as_text=True) == f"{world.schema('summit')}/summit"


def test_what_a_view_wrote_before_it_failed_is_lost(probe):
    assert probe("harbor", "fail").status_code == 500
    assert probe("harbor", "fail-in-sql").status_code == 500
    assert probe("harbor", "read").get_data(as_text=True).endswith("/harbor")


@pytest.mark.threat("T-008")
def test_a_streamed_answer_stays_in_its_organization(probe):
    for slug in ORGANIZATIONS * 3:
        parts = probe(slug, "streamed").get_data(as_text=True).split()
        assert [part.partition("/")[2] for part in parts] == [slug] * 3


@pytest.mark.threat("T-008")
def test_what_runs_after_its_request_has_no_organization(probe):
    with pytest.raises(RuntimeError, match="outside of application context"):
        probe("harbor", "streamed-later")
    assert probe("summit", "read").get_data(as_text=True).endswith("/summit")


@pytest.mark.threat("T-008")
def test_threads_never_meet(probe, world):
    views = ("read", "streamed", "nested", "fail", "rolled-back")

    def ask(number: int) -> tuple[str, str, int]:
        slug, view = ORGANIZATIONS[number % 2], views[number % len(views)]
        response = probe(slug, view)
        return slug, response.get_data(as_text=True), response.status_code

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(ask, range(120)))
    for slug, page, status in answers:
        other = "summit" if slug == "harbor" else "harbor"
        assert other not in page
        assert slug in page or status == 500


def test_a_connection_is_retired_after_many_organizations(monkeypatch, pool_of_one):
    monkeypatch.setattr(engines, "ORGANIZATIONS_PER_CONNECTION", 1)

    def backend(slug: str) -> int:
        with pool_of_one.inside(slug):
            return db.session.scalar(text("SELECT pg_backend_pid()"))

    first = backend("harbor")
    assert backend("harbor") == first
    assert backend("summit") == first
    assert backend("summit") != first
