"""Plans that a server keeps under one role are never used under another; and none are kept (CVE-2023-2455)."""

import json

import psycopg
import pytest
from sqlalchemy import text

from tenants import db

TABLES = ("company", "contact", "contract", "department", "membership")


def prepared(world, login: str) -> psycopg.Connection:
    """A connection of a login that prepares everything on the server from the first time on."""
    password = json.loads((world.cluster.home / "logins.json").read_text())[login]
    return psycopg.connect(world.cluster.postgres.url(login, world.database, password), prepare_threshold=0)


def as_viewer(connection, world, slug: str, contact: int, companies: list[int]) -> None:
    schema = world.schema(slug)
    settings = {"role": f"{schema}_portal", "search_path": schema, "app.contact_id": str(contact)}
    settings["app.companies"] = "{" + ",".join(map(str, companies)) + "}"
    for name, value in settings.items():
        connection.execute("SELECT set_config(%s, %s, true)", [name, value])


@pytest.mark.threat("T-012")
@pytest.mark.parametrize("mode", ["auto", "force_generic_plan", "force_custom_plan"])
def test_a_plan_of_one_viewer_shows_another_nothing_of_it(shared_world, cast, mode):
    """The same prepared statement, for people of two companies and of two organizations in turn."""
    viewers = [("harbor", cast.ina, cast.acme), ("harbor", cast.nils, cast.nordlys), ("summit", cast.xena, cast.xacme)]
    seen: dict[tuple, set] = {}
    with prepared(shared_world, "deskhand_portal") as connection:
        connection.execute(f"SET plan_cache_mode = {mode}")
        connection.commit()
        for _ in range(7):
            for slug, contact, company in viewers:
                as_viewer(connection, shared_world, slug, contact, [company])
                for table in TABLES:
                    rows = connection.execute(f"SELECT id FROM {table} ORDER BY id").fetchall()
                    seen.setdefault((slug, contact, table), set()).add(tuple(rows))
                assert connection.execute("SELECT id FROM company WHERE id > %s", [0]).fetchall() == [(company,)]
                connection.commit()
        kept = connection.execute("SELECT count(*) FROM pg_prepared_statements").fetchone()[0]
        assert kept > len(TABLES), "Nothing was prepared, so nothing was shown."
    assert all(len(answers) == 1 for answers in seen.values()), "What somebody saw depends on who asked before."


@pytest.mark.threat("T-012")
def test_a_plan_of_staff_is_none_of_another_organization(shared_world):
    with prepared(shared_world, "deskhand_app") as connection:
        for _ in range(7):
            for slug in ("harbor", "summit"):
                schema = shared_world.schema(slug)
                connection.execute("SELECT set_config('role', %s, true)", [schema])
                connection.execute("SELECT set_config('search_path', %s, true)", [schema])
                found = connection.execute("SELECT DISTINCT tableoid::regclass::oid FROM company").fetchall()
                wanted = shared_world.sql(f"SELECT '{schema}.company'::regclass::oid AS id")
                assert found == [(wanted[0]["id"],)]
                connection.commit()


@pytest.mark.threat("T-012")
def test_the_application_prepares_nothing(pool_of_one):
    for number in range(12):
        with pool_of_one.inside("harbor" if number % 2 else "summit"):
            for _ in range(8):
                db.session.execute(text("SELECT id FROM company WHERE id = :id"), {"id": 1}).all()
            assert db.session.scalar(text("SELECT count(*) FROM pg_prepared_statements")) == 0
