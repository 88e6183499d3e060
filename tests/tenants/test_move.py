"""An organization goes to another database server while people work in it: nothing is lost, nobody notices much."""

import threading

import pytest
from sqlalchemy import text

from app.companies.models import Company
from tenants import contents, db, engines, move, provision, queue, resolve, runner, secrets, shards
from tenants.jobs import Job
from tests.pages import normal

from .servers import empty_database, second_server, sums


@pytest.fixture(scope="module")
def other_server():
    """A second PostgreSQL server, with roles of its own."""
    with second_server() as server:
        yield server


BOTH = pytest.mark.parametrize("east", ["another server", "another database"], indirect=True)


@pytest.fixture
def east(request, world, other_server, tmp_path):
    """The world with a second shard 'east': on a server of its own, or as another database of the same."""
    elsewhere = getattr(request, "param", "another server") == "another server"
    if elsewhere:
        address = empty_database(other_server, tmp_path / "other", "east")
        world.east = other_server.url(database="east")
    else:
        name = world.cluster.create(f"{world.database}_east")
        address, world.east = world.cluster.url(name), world.cluster.postgres.url(database=name)
    with world.app.app_context():
        shards.add("east", address)
    yield world
    with world.app.app_context():
        engines.dispose()
        engines.owner_passwords_file().unlink(missing_ok=True)
    if not elsewhere:
        world.cluster.drop(name)


def here(world) -> str:
    """The address of the main database as its superuser."""
    return world.cluster.postgres.url(database=world.database)


@BOTH
def test_an_organization_is_whole_on_the_other_server(east):
    world, schema = east, east.schema("harbor")
    before, summit = sums(here(world), schema), sums(here(world), world.schema("summit"))
    with world.app.app_context():
        moved = move.move("harbor", "east")
    assert (moved.source, moved.target) == ("main", "east") and moved.rows > 50
    assert sums(world.east, schema) == before
    assert sums(here(world), schema) == {} and sums(here(world), f"{schema}_moved") == {}
    assert sums(here(world), world.schema("summit")) == summit


def test_staff_portal_api_and_jobs_go_on_there(east):
    world = east
    staff, portal, program = world.staff("ann"), world.portal("ina"), world.api("read")
    with world.app.app_context():
        move.move("harbor", "east")
    assert "Ina" in normal(staff.get("/contacts"))
    assert portal.get("/portal/").status_code == 200
    assert program.get("/api/v1/contacts").status_code == 200
    assert world.staff("adam").get("/admin/hosts").status_code == 200
    with world.inside():
        db.session.get(Company, world.cast.acme).address = "moved"
        assert secrets.unseal("file", secrets.seal("file", b"words")) == b"words"
    with world.app.app_context():
        assert queue.dispatch() >= 0
    assert world.run_jobs() is not None


@BOTH
def test_one_that_is_suspended_stays_so_and_can_resume_there(east):
    world = east
    staff = world.staff("ann")
    with world.app.app_context():
        provision.suspend("harbor")
        move.move("harbor", "east")
    assert staff.get("/").status_code == 503
    with world.app.app_context():
        provision.resume("harbor")
    assert staff.get("/").status_code == 200
    with world.app.app_context():
        provision.suspend("harbor")
    assert staff.get("/").status_code == 503
    with world.app.app_context():
        provision.resume("harbor")


@pytest.mark.feature("B026")
def test_there_and_back_while_people_write(east):
    """Writers and readers go on during two moves; each write that was answered with success is there afterwards."""
    world, written, odd, over = east, [], [], threading.Event()
    companies = [world.cast.acme, world.cast.nordlys]

    def write(company: int, number: int) -> None:
        client = world.staff("ann", broken=True)
        while not over.is_set():
            word = f"{number}-{len(written)}"
            answer = client.post_form(f"/companies/{company}/notes", {"text": f"word {word}"})
            (written if answer.status_code in (200, 302, 303) else odd).append((company, word, answer.status_code))

    def read() -> None:
        client = world.staff("sue", broken=True)
        while not over.is_set():
            answer = client.get("/contacts")
            if answer.status_code != 200 or "Ina" not in answer.get_data(as_text=True):
                odd.append(("read", answer.status_code))

    threads = [threading.Thread(target=write, args=(company, number)) for number, company in enumerate(companies)]
    threads.append(threading.Thread(target=read))
    for thread in threads:
        thread.start()
    try:
        with world.app.app_context():
            for target in ("east", "main"):
                moved = move.move("harbor", target)
                assert moved.paused < 10
    finally:
        over.set()
        for thread in threads:
            thread.join()
    assert odd == []
    assert len(written) > 5
    with world.inside():
        kept = set(db.session.scalars(text("SELECT text FROM note")))
    assert {f"word {word}" for _, word, _ in written} <= kept


def test_what_is_changed_and_deleted_meanwhile_comes_along(east, monkeypatch):
    world, schema = east, east.schema("harbor")
    catch_up = move._Move.catch_up
    copied = move._Move.copy

    def between(self):
        moment = copied(self)
        world.sql(f"UPDATE {schema}.company SET address = 'changed' WHERE id = %s", world.cast.acme)
        world.sql(f"INSERT INTO {schema}.sign_in_attempt SELECT * FROM {schema}.sign_in_attempt WHERE false")
        world.sql(f"DELETE FROM {schema}.session")
        world.sql(
            f"INSERT INTO {schema}.company_domain (company_id, name) VALUES (%s, 'late.example')", world.cast.acme
        )
        between.left = sums(here(world), schema)
        return moment

    world.staff("ann")
    monkeypatch.setattr(move._Move, "copy", between)
    with world.app.app_context():
        move.move("harbor", "east")
    assert sums(world.east, schema) == between.left
    assert between.left["session"][0] == 0
    assert move._Move.catch_up is catch_up


@BOTH
def test_killed_after_the_schema_was_set_aside_it_is_brought_back(east):
    world, schema = east, east.schema("harbor")
    staff = world.staff("ann")
    before = sums(here(world), schema)
    with world.app.app_context():
        move_ = move._Move(world.keys["harbor"], "main", "east", lambda done, total: None)
        moment = move_.copy()
        with move_.held() as held:
            move_.catch_up(held, moment)
            held.exec_driver_sql(f"ALTER SCHEMA {schema} RENAME TO {schema}_moved")
    assert sums(here(world), schema) == {}
    assert staff.get("/contacts").status_code == 503
    with world.app.app_context():
        move.move("harbor", "east")
    assert sums(world.east, schema) == before
    assert "Ina" in normal(staff.get("/contacts"))


def test_a_copy_that_is_not_the_same_moves_nothing(east, monkeypatch):
    world, schema = east, east.schema("harbor")
    before = sums(here(world), schema)
    real = contents.sums
    monkeypatch.setattr(move, "_both", lambda its, new, tables: (real(its, tables), {}))
    with world.app.app_context(), pytest.raises(move.MoveError, match="Nothing was moved"):
        move.move("harbor", "east")
    assert sums(here(world), schema) == before
    assert world.staff("ann").get("/contacts").status_code == 200


def test_foreign_keys_walls_and_numbers_are_as_they_were(east):
    world, schema = east, east.schema("harbor")
    query = (
        "SELECT c.conrelid::regclass::text AS t, conname, pg_get_constraintdef(c.oid) AS d, convalidated"
        " FROM pg_constraint c"
        f" WHERE connamespace = '{schema}'::regnamespace ORDER BY 1, 2"
    )
    walls = (
        f"SELECT relname, relforcerowsecurity FROM pg_class WHERE relnamespace = '{schema}'::regnamespace ORDER BY 1"
    )
    numbers = f"SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = '{schema}' ORDER BY 1"
    before = [world.sql(one) for one in (query, walls)]
    counted = {row["sequencename"]: row["last_value"] for row in world.sql(numbers)}
    with world.app.app_context():
        move.move("harbor", "east")
        with engines.engine("east", "owner").connect() as connection:
            after = [[dict(row) for row in connection.execute(text(one)).mappings()] for one in (query, walls)]
            last = dict(connection.execute(text(numbers)).all())
    assert after == before
    assert {name: value for name, value in last.items() if value} == {n: v for n, v in counted.items() if v}


def test_a_job_that_meets_the_move_is_begun_again_there(east, jobs):
    world, runs = east, []

    def away():
        with world.app.app_context():
            move.move("harbor", "east")

    @jobs
    def meets(work):
        db.session.execute(text("SELECT count(*) FROM company"))
        db.session.commit()
        if not runs:
            thread = threading.Thread(target=away)
            thread.start()
            thread.join()
        runs.append(db.session.scalar(text("SELECT count(*) FROM company")))

    with world.inside():
        job_id = meets.later()
    assert runner.run(world.keys["harbor"], job_id) == "gone"
    assert runs == []
    with world.inside():
        assert db.session.get(Job, job_id).state == "running"
        db.session.execute(text("UPDATE job SET lease_until = now() - interval '1 second'"))
    runs.append(0)
    assert runner.run(world.keys["harbor"], job_id) == "done"
    assert runs[1] > 0


def test_what_cannot_be_is_said(east):
    with east.app.app_context():
        with pytest.raises(move.MoveError, match="already"):
            move.move("harbor", "main")
        with pytest.raises(engines.UnknownShard):
            move.move("harbor", "west")
        with pytest.raises(resolve.UnknownOrganization):
            move.move("nobody", "east")
