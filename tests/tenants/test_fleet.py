"""Migrating many organizations beside one another; what fails or is killed is done by the next run."""

import os
import random
import signal
import subprocess
import sys
from dataclasses import replace

import pytest
from sqlalchemy import select

from app.embedded.process import wait_until
from app.people.actions import create_staff
from app.people.models import Account
from app.records.actor import SYSTEM
from tenants import NotMigrated, db, engines, fleet, migrate, provision, resolve, scope
from tests.source import ROOT

BEFORE = "0009"

# Everything that makes up a schema, without the schema's own name in it.
STRUCTURE = """
SELECT md5(string_agg(line, E'\\n' ORDER BY line)) AS hash FROM (
  SELECT replace(line, %s, 'org_x') AS line FROM (
    SELECT format('%%s.%%s %%s %%s %%s', c.relname, attname, format_type(atttypid, atttypmod), attnotnull, attidentity)
      || coalesce(pg_get_expr(adbin, adrelid), '') AS line
    FROM pg_attribute a JOIN pg_class c ON c.oid = attrelid LEFT JOIN pg_attrdef d ON adrelid = c.oid AND adnum = attnum
    WHERE c.relnamespace = %s::regnamespace AND attnum > 0 AND NOT attisdropped AND c.relkind = 'r'
    UNION ALL SELECT conrelid::regclass || conname || pg_get_constraintdef(oid) FROM pg_constraint
    WHERE connamespace = %s::regnamespace
    UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = %s
    UNION ALL SELECT concat_ws(' ', tablename, policyname, roles, cmd, qual, with_check) FROM pg_policies
    WHERE schemaname = %s
    UNION ALL SELECT relname || coalesce(relacl::text, '') || relrowsecurity || relforcerowsecurity FROM pg_class
    WHERE relnamespace = %s::regnamespace AND relkind IN ('r', 'S')
  ) found
) lines
"""


def structure(world, slug: str) -> str:
    """A hash of how the tables of an organization are made."""
    return world.sql(STRUCTURE, *[f"org_{world.keys[slug]}"] * 6)[0]["hash"]


def put_back(world, slug: str, revision: str = BEFORE) -> None:
    """Make the tables of an organization anew at an older revision, empty."""
    key = world.keys[slug]
    with world.app.app_context(), engines.engine("main", "owner").begin() as connection:
        connection.exec_driver_sql(f"DROP SCHEMA org_{key} CASCADE")
        provision.make_schema(connection, key)
        migrate.upgrade_schema(connection, f"org_{key}", to=revision)
        migrate.note(connection, key, revision)


@pytest.fixture
def many(world):
    """Some organizations more, whose tables are three revisions old."""
    slugs = [f"org-{number}" for number in range(5)]
    for slug in slugs:
        world.make_org(slug, (f"{slug}.test",))
        put_back(world, slug)
    return slugs


def test_several_processes_bring_all_to_the_same(world, many):
    seen = []
    with world.app.app_context():
        report = fleet.everything(2, lambda done, total: seen.append((done, total)))
    assert (report.upgraded, report.current, report.failed) == (many, ["harbor", "summit"], {})
    assert seen == [(number, 7) for number in range(1, 8)]
    assert len({structure(world, slug) for slug in (*many, "harbor", "summit")}) == 1
    with world.app.app_context():
        assert {one.revision for one in fleet.standings()} == {migrate.head("tenant")}
        assert fleet.everything(2).upgraded == []


@pytest.mark.threat("T-119")
def test_one_that_fails_stays_whole_and_the_others_go_on(world, many):
    world.sql(f"CREATE TABLE org_{world.keys['org-2']}.presence (in_the_way int)")
    before = structure(world, "org-2")
    with world.app.app_context():
        report = fleet.everything(2)
    assert list(report.failed) == ["org-2"] and "presence" in report.failed["org-2"]
    assert len(report.upgraded) == 4
    assert structure(world, "org-2") == before
    with world.app.app_context():
        assert {one.slug: one.revision for one in fleet.standings()}["org-2"] == BEFORE
    world.sql(f"DROP TABLE org_{world.keys['org-2']}.presence")
    with world.app.app_context():
        assert fleet.everything(2).upgraded == ["org-2"]
    assert structure(world, "org-2") == structure(world, "harbor")


def migrate_and_kill(world, after: float) -> None:
    """Start `deskhand migrate` and kill all its processes after so many seconds of its work."""
    environment = os.environ | {
        "DATABASE_URL": world.cluster.url(world.database),
        "REDIS_URL": world.cluster.valkey.url,
        "DESKHAND_HOME": str(world.cluster.home),
    }
    program = subprocess.Popen(
        [sys.executable, "-m", "app.cli", "migrate", "--processes", "2"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    at_work = (
        f"SELECT count(*) AS n FROM pg_stat_activity WHERE datname = '{world.database}' AND wait_event IS NOT NULL"
    )
    wait_until(lambda: program.poll() is not None or world.sql(at_work)[0]["n"] > 1, seconds=30)
    try:
        program.wait(timeout=after)
    except subprocess.TimeoutExpired:
        os.killpg(program.pid, signal.SIGKILL)
        program.wait()


def killed_and_run_again(world, many, kills: int, seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(kills):
        for slug in many:
            put_back(world, slug)
        migrate_and_kill(world, after=chance.uniform(0, 0.5))
        with world.app.app_context():
            report = fleet.everything(2)
            assert report.failed == {}
        assert len({structure(world, slug) for slug in (*many, "harbor", "summit")}) == 1


@pytest.mark.threat("T-119")
def test_killed_at_any_point_and_run_again_all_are_equal(world, many):
    killed_and_run_again(world, many[:3], kills=1, seed=18)


@pytest.mark.faults
@pytest.mark.threat("T-119")
def test_killed_at_twenty_points_and_run_again_all_are_equal(world, many):
    killed_and_run_again(world, many, kills=20, seed=1800)


def stand_at(world, slug: str, revision: str) -> None:
    """Note a revision for an organization, whatever its tables are."""
    world.sql("UPDATE shared.organization SET revision = %s WHERE key = %s", revision, world.keys[slug])
    resolve.forget()


def away(by: int) -> str:
    return f"{int(migrate.head('tenant')) + by:04}"


@pytest.mark.parametrize("by, served", [(0, True), (-1, True), (1, True), (-2, False), (2, False)])
def test_tables_too_far_from_the_program_are_answered_with_503_there_alone(world, by, served):
    harbor, summit, program = world.staff("ann"), world.staff("ann", "summit"), world.api("read")
    stand_at(world, "harbor", away(by))
    answer = harbor.get("/contacts")
    assert (answer.status_code == 200) is served
    assert summit.get("/contacts").status_code == 200
    if not served:
        assert answer.status_code == 503 and answer.headers["Retry-After"] == "5"
        assert "being updated" in answer.get_data(as_text=True)
        assert program.get("/api/v1/contacts").status_code == 503
        with world.app.app_context(), pytest.raises(NotMigrated), scope("harbor"):
            pass


def test_one_revision_behind_people_go_on_working(world, app):
    """Every page without a number in its address answers; one whose table is still to come says to try again."""
    world.make_org("third", ("third.test",))
    put_back(world, "third", away(-1))
    with world.inside("third"):
        values = {"name": "Adam", "email": "adam@third.example", "role": "administrator"}
        staff = create_staff(values, password="a long enough one", must_change=False, actor=SYSTEM)
        account = db.session.scalar(select(Account.id).where(Account.staff_id == staff))
    adam = replace(world, cast=replace(world.cast, accounts={"adam": account})).staff(
        "adam", "third", host="third.test"
    )
    found = {
        rule.rule: adam.get(rule.rule).status_code
        for rule in app.url_map.iter_rules()
        if "GET" in rule.methods and not rule.arguments and not rule.rule.startswith(("/portal", "/sign-out"))
    }
    assert len(found) > 40
    assert set(found.values()) <= {200, 302, 303, 400, 401, 403, 404, 503}
    assert [found[path] for path in ("/", "/contacts", "/companies", "/contacts/new", "/admin/")] == [200] * 5
    # What needs a table of the newest revision is few.
    assert sum(status == 503 for status in found.values()) <= 2


def test_revisions_are_numbers_in_a_row():
    for tree in ("shared", "tenant"):
        newest, known = migrate._revisions(tree)
        assert sorted(known) == [f"{number:04}" for number in range(1, int(newest) + 1)]
