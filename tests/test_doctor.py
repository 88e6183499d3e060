"""`deskhand doctor` finds nothing in a healthy installation, and each fault that is made real."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from click.testing import CliRunner
from redis import Redis
from rq import Worker
from rq.serializers import JSONSerializer
from sqlalchemy import func, text, update

from app import doctor as doctors
from app.cli import main
from app.embedded import valkey
from app.embedded.process import wait_until
from tenants import db, engines, queue
from tenants.jobs import Job, job

from .source import ROOT

SECONDS = 60.0
LOOKED_AT = {"configuration", "home", "secret key", "web server", "files", "owner", "logins", "extensions"}
LOOKED_AT |= {"migrations", "walls", "jobs", "valkey", "worker"}


@pytest.fixture
def doctor(world, monkeypatch, tmp_path):
    """Look at this test's world; returns what is not well, by what was looked at. Variables may be given."""
    monkeypatch.setenv("DATABASE_URL", world.cluster.url(world.database))
    monkeypatch.setenv("REDIS_URL", world.cluster.valkey.url)
    monkeypatch.setenv("DESKHAND_HOME", str(world.cluster.home))

    def look(*words: str, **variables: str) -> dict[str, str]:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        result = CliRunner().invoke(main, ["doctor", "--json", *words], catch_exceptions=False)
        answer = json.loads(result.stdout)
        wrong = [finding for finding in answer["findings"] if finding["state"] != "ok"]
        assert all(finding["sentence"] and finding["mend"] for finding in wrong)
        assert result.exit_code == (1 if wrong else 0) and (answer["state"] == "ok") == (not wrong)
        look.states = {finding["check"]: finding["state"] for finding in answer["findings"]}
        found: dict[str, str] = {}
        for finding in wrong:
            found[finding["check"]] = f"{found.get(finding['check'], '')} {finding['sentence']}".strip()
        return found

    return look


@contextmanager
def running_worker(world) -> Iterator[None]:
    """`deskhand worker`, from when it says that it is there."""
    environment = {name: os.environ[name] for name in ("PATH", "DATABASE_URL", "REDIS_URL", "DESKHAND_HOME")}
    command = [sys.executable, "-m", "app.cli", "worker"]
    process = subprocess.Popen(command, cwd=ROOT, env=environment)
    try:
        connection = Redis.from_url(world.cluster.valkey.url)
        assert wait_until(lambda: Worker.count(connection), SECONDS)
        yield
    finally:
        process.terminate()
        process.wait()


def test_a_healthy_installation(doctor, world):
    with running_worker(world):
        assert doctor() == {}
        assert set(doctor.states) == LOOKED_AT
        result = CliRunner().invoke(main, ["doctor"])
        assert result.exit_code == 0 and result.output.endswith("All is well.\n")


def test_it_is_said_in_words_how_to_mend_a_fault(doctor, world):
    result = CliRunner().invoke(main, ["doctor"])
    assert result.exit_code == 1
    assert "No worker is running" in result.output and "To mend it: Start `deskhand worker`" in result.output
    assert "Faults: 1, warnings: 0." in result.output


# --- configuration, home and key --------------------------------------------------------------------------------------


def test_a_variable_that_cannot_be_read(doctor, tmp_path):
    found = doctor(PORT="many", DESKHAND_LEASE="1")
    assert "PORT: " in found["configuration"] and "DESKHAND_LEASE: " in found["configuration"]
    found = doctor(PORT="8000", DESKHAND_LEASE="60", REDIS_URL_FILE=str(tmp_path / "none"))
    assert "REDIS_URL_FILE" in found["configuration"]


def test_a_home_that_cannot_be_used(doctor, tmp_path):
    (tmp_path / "file").write_text("")
    assert "file" in doctor(DESKHAND_HOME=str(tmp_path / "file" / "home"))["configuration"]


def test_a_home_that_depends_on_where_the_program_starts(doctor, monkeypatch, tmp_path):
    monkeypatch.delenv("DESKHAND_HOME")
    monkeypatch.chdir(tmp_path)
    found = doctor()
    assert "DESKHAND_HOME is not set" in found["home"]
    assert "logins.json" in found["logins"]


def test_secrets_that_others_can_read(doctor, tmp_path):
    (tmp_path / "secret_key").write_text("k" * 64)
    (tmp_path / "secret_key").chmod(0o644)
    assert "secret_key" in doctor(DESKHAND_HOME=str(tmp_path))["home"]
    (tmp_path / "short").write_text("guess me")
    (tmp_path / "short").chmod(0o644)
    found = doctor(DESKHAND_SECRET_KEY_FILE=str(tmp_path / "short"))["secret key"]
    assert "less than 32" in found and "Others than its owner" in found
    (tmp_path / "short").write_text("k" * 64)
    (tmp_path / "short").chmod(0o600)
    assert "secret key" not in doctor()


def test_a_secret_key_in_the_environment(doctor):
    assert "stands in the environment" in doctor(DESKHAND_SECRET_KEY="k" * 64)["secret key"]


def test_a_web_server_that_passwords_reach_without_tls(doctor):
    assert "without TLS" in doctor(DESKHAND_BIND="0.0.0.0")["web server"]
    assert "DESKHAND_PROXIES is 0" in doctor(DESKHAND_HTTPS="true")["web server"]
    assert "web server" not in doctor(DESKHAND_PROXIES="1")


def test_front_end_files_that_are_missing(doctor, monkeypatch, tmp_path):
    monkeypatch.setattr(doctors, "folder", lambda name: tmp_path / name)
    assert "no style" in doctor()["files"]


# --- the database -----------------------------------------------------------------------------------------------------


def test_a_database_that_is_not_there(doctor, world):
    found = doctor(DATABASE_URL="postgresql://nobody:x@127.0.0.1:1/none")
    assert "cannot be reached" in found["database"] and "refused" in found["database"]
    assert not {"migrations", "walls", "jobs"} & set(doctor.states) and "worker" in found
    assert "cannot be reached" in doctor(DATABASE_URL="no address")["database"]
    assert doctor(DATABASE_URL="")["database"] == "DATABASE_URL is not set."


def test_a_database_without_tables(doctor, world):
    name = world.cluster.create("empty_one")
    found = doctor(DATABASE_URL=world.cluster.url(name))
    assert "no tables" in found["migrations"] and not {"walls", "jobs"} & set(doctor.states)
    world.cluster.drop(name)


@pytest.fixture
def cluster_wide(world):
    """Change what belongs to the whole cluster, and undo it afterwards: `cluster_wide("ALTER …", undo="ALTER …")`."""
    undone: list[str] = []

    def change(*statements: str, undo: tuple[str, ...] = ()) -> None:
        undone[:0] = undo
        for statement in statements:
            world.sql(statement)

    yield change
    for statement in undone:
        world.sql(statement)


def test_an_owner_that_lacks_rights(doctor, world, cluster_wide):
    cluster_wide("CREATE ROLE weak LOGIN PASSWORD 'weak'", undo=("DROP ROLE weak",))
    _, _, server = world.cluster.url(world.database).partition("@")
    found = doctor(DATABASE_URL=f"postgresql://weak:weak@{server}")
    assert "may not create roles" in found["owner"] and "may not create schemas" in found["owner"]
    assert "permission denied" in found["migrations"]
    # Up to 15, CREATEROLE is enough to grant any role.
    if int(world.sql("SHOW server_version_num")[0]["server_version_num"]) >= 160000:
        assert "may not grant" in found["owner"]


def test_an_owner_that_may_do_everything(doctor, world):
    found = doctor(DATABASE_URL=world.cluster.postgres.url(database=world.database))
    assert "superuser" in found["owner"] and doctor.states["owner"] == "warning"
    assert "another role" in found["walls"]


def test_a_login_that_may_do_too_much(doctor, cluster_wide):
    cluster_wide("ALTER ROLE deskhand_app CREATEROLE", undo=("ALTER ROLE deskhand_app NOCREATEROLE",))
    assert "deskhand_app has more rights" in doctor()["logins"]


def test_a_login_whose_password_is_another(doctor, world, tmp_path):
    (tmp_path / "logins.json").write_text(json.dumps(dict.fromkeys(engines.LOGINS.values(), "wrong")))
    assert "cannot connect" in doctor(DESKHAND_HOME=str(tmp_path))["logins"]


def test_an_extension_that_is_elsewhere(doctor, world):
    world.sql("ALTER EXTENSION pg_trgm SET SCHEMA public")
    assert "in the schema public" in doctor()["extensions"]


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("DELETE FROM {schema}.alembic_version", "Behind this program's migrations: harbor."),
        ("UPDATE {schema}.alembic_version SET version_num = 'ffff'", "newer program than this one: harbor."),
        ("DROP SCHEMA {schema} CASCADE", "Without tables: harbor."),
        ("DELETE FROM shared.alembic_version", "Behind this program's migrations: shared tables."),
    ],
)
def test_migrations_that_were_left_out(doctor, world, statement, said):
    world.sql(statement.format(schema=world.schema()))
    assert said in doctor()["migrations"]


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("ALTER TABLE {schema}.company NO FORCE ROW LEVEL SECURITY", "without row-level security: harbor.company."),
        ("GRANT SELECT ON {schema}.company TO {other}", "others have rights: harbor.company (org_"),
        (
            "ALTER TABLE shared.host DISABLE ROW LEVEL SECURITY",
            "every organization may use without row-level security: host",
        ),
        ("GRANT SELECT (name) ON {schema}.staff TO PUBLIC", "others have rights: harbor.staff (PUBLIC)"),
        (
            "ALTER TABLE {schema}.company OWNER TO postgres",
            "another role than that of DATABASE_URL owns: harbor.company",
        ),
        (
            "ALTER POLICY portal_select ON {schema}.company USING (true)",
            "of every company: harbor.company (portal_select)",
        ),
        (
            "ALTER POLICY portal_select ON {schema}.contact USING (true)",
            "of every company: harbor.contact (portal_select)",
        ),
        ("UPDATE shared.organization SET state = 'suspended' WHERE slug = 'harbor'", "suspended, but can be entered"),
        ("REVOKE {schema} FROM deskhand_app GRANTED BY deskhand_owner", "but cannot be entered: harbor (deskhand_app)"),
    ],
)
def test_a_wall_with_a_hole(doctor, world, statement, said):
    world.sql(statement.format(schema=world.schema(), other=world.schema("summit")))
    assert said in doctor()["walls"]


def test_a_role_that_may_what_no_organization_may(doctor, world, cluster_wide):
    mine, other = world.schema(), world.schema("summit")
    cluster_wide(f"ALTER ROLE {mine} LOGIN", undo=(f"ALTER ROLE {mine} NOLOGIN",))
    cluster_wide(f"GRANT {other} TO {mine}_portal", undo=(f"REVOKE {other} FROM {mine}_portal",))
    cluster_wide(f"GRANT {mine} TO deskhand_portal", undo=(f"REVOKE {mine} FROM deskhand_portal",))
    found = doctor()["walls"]
    assert f"rights of their own: {mine}." in found
    assert f"deskhand_portal in {mine}, {mine}_portal in {other}" in found


def test_a_role_that_is_missing(doctor, world, cluster_wide):
    role = f"{world.schema()}_portal"
    cluster_wide(f"ALTER ROLE {role} RENAME TO elsewhere", undo=(f"ALTER ROLE elsewhere RENAME TO {role}",))
    assert f"Roles are missing: {role}." in doctor()["walls"]


# --- the work ---------------------------------------------------------------------------------------------------------


def test_valkey_that_is_down(doctor, world, tmp_path):
    server = valkey.start(tmp_path / "valkey", persist=False)
    assert "valkey" not in doctor(REDIS_URL=server.url)
    server.kill()
    found = doctor()
    assert "cannot be reached" in found["valkey"] and "worker" not in doctor.states
    assert doctor(REDIS_URL="")["valkey"] == "REDIS_URL is not set."


@pytest.mark.threat("T-104")
def test_valkey_on_another_machine_without_a_password(doctor):
    assert "without a password" in doctor(REDIS_URL="redis://queue.invalid:6379/0")["valkey"]
    assert "without a password" not in doctor(REDIS_URL="redis://:secret@queue.invalid:6379/0")["valkey"]


def test_valkey_that_throws_keys_away(doctor, tmp_path):
    server = valkey.start(tmp_path / "valkey", persist=False)
    Redis.from_url(server.url).config_set("maxmemory", 2**30)
    assert "valkey" not in doctor(REDIS_URL=server.url)
    Redis.from_url(server.url).config_set("maxmemory-policy", "allkeys-lru")
    assert "throws keys away" in doctor()["valkey"]
    server.kill()


def test_no_worker(doctor):
    found = doctor()
    assert found == {"worker": "No worker is running for the queues deskhand-interactive, deskhand-long."}


def test_a_worker_that_has_fallen_silent(doctor, world):
    with world.app.app_context():
        worker = Worker(queue.queues(), connection=queue.redis(), serializer=JSONSerializer)
        worker.register_birth()
        assert doctor() == {}
        queue.redis().hset(worker.key, "last_heartbeat", "2020-01-01T00:00:00.000000Z")
        assert "1 have fallen silent" in doctor()["worker"]
        worker = Worker(queue.queues()[:1], connection=queue.redis(), serializer=JSONSerializer)
        worker.register_birth()
        assert "for the queues deskhand-long (" in doctor()["worker"]


@job("tests.waiting")
def waiting(work) -> None:
    """A job that nobody takes."""


def put(world, **values) -> None:
    with world.inside():
        number = waiting.later()
        db.session.execute(update(Job).where(Job.id == number).values(label="waits", **values))


PAST = func.now() - text("interval '6 minutes'")


def test_a_job_that_nobody_takes(doctor, world):
    put(world)
    assert "jobs" not in doctor()
    put(world, run_at=PAST)
    put(world, state="running", lease_until=PAST)
    assert "for 5 minutes: harbor 2." in doctor()["jobs"]
    assert "jobs" not in doctor("--minutes", "7")
    with world.app.app_context():
        CliRunner().invoke(main, ["org", "suspend", "harbor"], catch_exceptions=False)
    assert "jobs" not in doctor()


def test_a_wake_list_that_nobody_reads(doctor, world):
    put(world)
    world.sql("UPDATE shared.wake SET at = now() - interval '6 minutes'")
    assert "there is no dispatcher" in doctor()["jobs"]


def test_a_job_that_failed(doctor, world):
    put(world, state="failed", finished_at=func.now() - text("interval '25 hours'"))
    assert "jobs" not in doctor()
    put(world, state="failed", finished_at=PAST)
    assert "harbor: 1 (tests.waiting)" in doctor()["jobs"] and doctor.states["jobs"] == "warning"


def test_jobs_that_cannot_be_read(doctor, world):
    world.sql(f"DROP TABLE {world.schema()}.job")
    assert "cannot be read: harbor" in doctor()["jobs"]
