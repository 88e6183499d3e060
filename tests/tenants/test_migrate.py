"""Migrations: every schema by itself, safe to run again, one that fails does not stop the others."""

import json

import psycopg
import pytest
from sqlalchemy import text

from tenants import checks, engines, fleet, migrate


@pytest.fixture
def operator(world):
    """The commands of whoever runs the installation, in an app context without an organization."""
    with world.app.app_context():
        yield world


def test_running_again_changes_nothing(operator):
    before = operator.checksum()
    report = fleet.everything()
    assert (report.upgraded, report.current, report.failed) == ([], ["harbor", "summit"], {})
    assert operator.checksum() == before


def test_the_passwords_of_the_logins_stay(operator):
    kept = (operator.cluster.home / "logins.json").read_text()
    fleet.everything()
    path = operator.cluster.home / "logins.json"
    assert path.read_text() == kept
    assert path.stat().st_mode & 0o077 == 0
    assert set(json.loads(kept)) == {"deskhand_app", "deskhand_portal"}


@pytest.mark.threat("T-119")
def test_one_schema_that_fails_is_reported_and_the_others_go_on(operator):
    harbor, summit = operator.schema("harbor"), operator.schema("summit")
    for schema in (harbor, summit):
        operator.sql(f"DROP SCHEMA {schema} CASCADE")
        operator.sql(f"CREATE SCHEMA {schema} AUTHORIZATION deskhand_owner")
    operator.sql(f"CREATE TABLE {harbor}.company (in_the_way int)")
    report = fleet.everything()
    assert report.upgraded == ["summit"]
    assert list(report.failed) == ["harbor"]
    assert "company" in report.failed["harbor"]
    assert operator.sql("SELECT tablename FROM pg_tables WHERE schemaname = %s", harbor) == [{"tablename": "company"}]
    operator.sql(f"DROP TABLE {harbor}.company")
    report = fleet.everything()
    assert (report.upgraded, report.current, report.failed) == (["harbor"], ["summit"], {})


def test_readiness_knows_whether_migrations_are_missing(operator):
    assert migrate.is_current()
    operator.sql("UPDATE shared.alembic_version SET version_num = '0000'")
    assert not migrate.is_current()


def test_every_revision_follows_one_other():
    for tree in ("shared", "tenant"):
        assert migrate.head(tree)


def test_an_owner_who_may_not_make_roles_is_told_what_to_do(operator):
    operator.sql("ALTER ROLE deskhand_owner NOCREATEROLE")
    try:
        with pytest.raises(migrate.CannotMigrate, match="ALTER ROLE deskhand_owner CREATEROLE"):
            fleet.everything()
    finally:
        operator.sql("ALTER ROLE deskhand_owner CREATEROLE")


@pytest.mark.threat("T-104")
@pytest.mark.parametrize("right", ["SUPERUSER", "BYPASSRLS", "CREATEROLE", "INHERIT"])
def test_a_login_with_too_many_rights_is_not_served_from(operator, right):
    checks.check()
    operator.sql(f"ALTER ROLE deskhand_app {right}")
    try:
        with pytest.raises(checks.Unfit, match="deskhand_app has more rights"):
            checks.check()
    finally:
        operator.sql(f"ALTER ROLE deskhand_app NO{right}")
    checks.check()


@pytest.mark.threat("T-104")
def test_a_login_that_owns_the_database_is_not_served_from(operator):
    operator.sql(f"ALTER DATABASE {operator.database} OWNER TO deskhand_portal")
    with pytest.raises(checks.Unfit, match="deskhand_portal has more rights"):
        checks.check()


@pytest.mark.threat("T-011")
@pytest.mark.parametrize(
    "version, fit",
    [
        (140023, False),
        (150013, False),
        (150014, True),
        (160009, False),
        (160010, True),
        (170005, False),
        (180000, True),
    ],
)
def test_servers_with_published_faults_are_not_served_from(operator, monkeypatch, version, fit):
    class Row:
        rolname, rolsuper, rolbypassrls, rolcreaterole, rolinherit, owner = (
            "deskhand_app",
            False,
            False,
            False,
            False,
            False,
        )

    row = Row()
    row.version = version

    class Connection:
        def __enter__(self):
            return self

        def __exit__(self, *_):
            return None

        def execute(self, _):
            return self

        def one(self):
            return row

    class Engine:
        def connect(self):
            return Connection()

    monkeypatch.setattr(checks.engines, "engine", lambda *_: Engine())
    if fit:
        checks.check()
    else:
        with pytest.raises(checks.Unfit, match="is too old"):
            checks.check()


def test_logins_reach_the_database_with_their_kept_passwords(operator):
    for login, name in engines.LOGINS.items():
        with engines.engine("main", login).connect() as connection:
            assert connection.scalar(text("SELECT session_user")) == name
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(operator.cluster.postgres.url("deskhand_app", operator.database, "guessed"))
