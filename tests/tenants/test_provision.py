"""Making, suspending and resuming organizations."""

import pytest
from sqlalchemy import text

from app.people.models import Staff
from tenants import Suspended, db, engines, provision, resolve, runner
from tenants.jobs import FUNCTIONS, Job, job


@pytest.fixture
def operator(world):
    """The commands of whoever runs the installation, in an app context without an organization."""
    with world.app.app_context():
        yield world


def test_a_new_organization_is_empty_and_at_its_hosts(world):
    world.make_org("third", ("third.test", "Third.Example."))
    for host in ("third.test", "third.example"):
        page = world.anonymous("harbor", host=host).get("/sign-in")
        assert page.status_code == 200
        assert "Third" in page.get_data(as_text=True)
    with world.inside("third"):
        assert db.session.query(Staff).count() == 0


@pytest.mark.parametrize(
    "slug", ["", "a", "ab", "-abc", "abc-", "Harbor", "har bor", "x" * 41, "1abc", "a_b", "ö" * 5, "api"]
)
def test_a_malformed_or_reserved_slug_is_refused(operator, slug):
    with pytest.raises(provision.ProvisionError, match="cannot be used"):
        provision.create(slug, "Third", ["third.test"])


@pytest.mark.parametrize("host", ["", " ", "a/b", "a b", "*", "harbor.test:x", "x" * 254, "<b>"])
def test_a_malformed_host_is_refused(operator, host):
    with pytest.raises(provision.ProvisionError, match="is not a host name"):
        provision.create("third", "Third", [host])


def test_what_is_taken_is_refused_and_leaves_nothing_behind(operator):
    before = operator.checksum(), operator.cluster.roles()
    with pytest.raises(provision.ProvisionError, match="already an organization"):
        provision.create("harbor", "Third", ["third.test"])
    for host in ("harbor.test", "HARBOR.test.", "summit.test:8000"):
        with pytest.raises(provision.ProvisionError, match="is taken"):
            provision.create("third", "Third", ["third.test", host])
    with pytest.raises(provision.ProvisionError, match="is taken"):
        provision.add_host("harbor", "summit.test")
    assert (operator.checksum(), operator.cluster.roles()) == before
    schemas = "SELECT count(*) AS n FROM pg_namespace WHERE nspname LIKE 'org\\_%'"
    assert operator.sql(schemas) == [{"n": 2}]


def test_keys_are_random_and_never_shown(world):
    keys = {world.make_org(f"org-{number}", (f"{number}.test",)) for number in range(3)}
    assert len(keys) == 3
    browser = world.anonymous("harbor", host="1.test")
    page = browser.get("/sign-in")
    for key in keys | set(world.keys.values()):
        assert key not in page.get_data(as_text=True) + str(page.headers)


def test_the_list_names_every_organization(operator):
    listed = {row["slug"]: row for row in provision.listed()}
    assert listed["harbor"]["hosts"] == ["harbor.test", "localhost"]
    assert listed["summit"]["state"] == "active"


@pytest.mark.threat("T-024")
def test_a_suspended_organization_stops_at_once_and_resumes(world):
    harbor, summit = world.staff("ann", "harbor"), world.staff("ann", "summit")
    portal, program = world.portal("ina"), world.api("read")
    assert harbor.get("/").status_code == 200
    with world.app.app_context():
        provision.suspend("harbor")
    for client, path in ((harbor, "/"), (portal, "/portal/"), (world.anonymous(), "/sign-in")):
        answer = client.get(path)
        assert answer.status_code in (200, 503)
        assert "Ann Tanner" not in answer.get_data(as_text=True)
    assert harbor.get("/").status_code == 503
    assert program.get("/api/v1/companies").status_code in (404, 503)
    assert world.anonymous().post_form("/sign-in", {"login": "ann@desk.example", "password": "x"}).status_code == 503
    with pytest.raises(Suspended), world.inside("harbor"):
        db.session.execute(text("SELECT 1"))
    assert summit.get("/").status_code == 200
    with world.app.app_context():
        provision.resume("harbor")
    assert harbor.get("/").status_code == 200
    assert portal.get("/portal/").status_code == 200


def test_suspending_twice_and_unknown_ones(operator):
    provision.suspend("harbor")
    provision.suspend("harbor")
    provision.resume("harbor")
    provision.resume("harbor")
    with operator.inside("harbor"):
        assert db.session.query(Staff).count() == 3
    for verb in (provision.suspend, provision.resume):
        with pytest.raises(resolve.UnknownOrganization):
            verb("nobody")


def test_a_job_of_a_suspended_organization_waits(world):
    @job("tests.suspended")
    def note(work):
        db.session.execute(text("UPDATE company SET address = 'done'"))

    try:
        with world.inside():
            job_id = note.later()
        with world.app.app_context():
            provision.suspend("harbor")
        assert runner.run(world.keys["harbor"], job_id) == "gone"
        with world.app.app_context():
            provision.resume("harbor")
        assert world.run_jobs() == ["done"]
        with world.inside():
            assert db.session.get(Job, job_id).attempt == 1
    finally:
        FUNCTIONS.pop("tests.suspended")


def test_the_owner_has_an_engine_that_keeps_no_connection(operator):
    pool = engines.engine("main", "owner").pool
    assert type(pool).__name__ == "NullPool"
