"""The portal's queries over many rows: the wall between companies is found by an index, never by reading everything."""

import json

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

PEOPLE, COMPANIES = 100_000, 2_000
BIG = {"contact", "company", "membership", "contract", "change", "operation", "account"}
PAGES = (
    "/portal/",
    "/portal/me",
    "/portal/people",
    "/portal/people?q=be",
    "/portal/people?q=zzzz",
    "/portal/people/{otto}",
    "/portal/companies/{acme}",
    "/portal/contracts",
    "/portal/contracts/{acme_support_hours}",
)


def fill(world) -> None:
    """Many companies with their people and contracts beside those of the cast."""
    schema, cast = world.schema(), world.cast
    for statement in (
        # The desk's own way to search, which the portal has no right to and which takes most of the time to fill.
        "DROP INDEX ix_contact_search",
        f"INSERT INTO company (id, name) SELECT 100000 + n, 'Company ' || n FROM generate_series(1, {COMPANIES}) n",
        "INSERT INTO contact (id, first_name, last_name, user_name, email, company_ids)"
        " SELECT 100000 + n, 'First' || n % 977, 'Last' || n % 1009, 'user' || n, 'user' || n || '@many.example',"
        f" ARRAY[100000 + n % {COMPANIES} + 1]::bigint[] FROM generate_series(1, {PEOPLE}) n",
        "INSERT INTO membership (id, company_id, contact_id)"
        f" SELECT 100000 + n, 100000 + n % {COMPANIES} + 1, 100000 + n FROM generate_series(1, {PEOPLE}) n",
        "INSERT INTO contract (company_id, description, customer_contact_id, support_contact_id)"
        f" SELECT company_id, 'Contract ' || id, contact_id, {cast.ann} FROM membership"
        " WHERE id > 100000 AND id % 5 = 0",
        "INSERT INTO operation (id, kind) SELECT 100000 + n, 'edit' FROM generate_series(1, 20000) n",
        "INSERT INTO change (operation_id, noun, record_id, action, version)"
        " SELECT 100000 + n, 'contact', 100000 + n, 'update', 2 FROM generate_series(1, 20000) n",
        "INSERT INTO account (contact_id) SELECT 100000 + n FROM generate_series(1, 20000) n",
        "ANALYZE",
    ):
        # Without checking foreign keys row by row, which would take most of the time.
        world.sql(f'SET session_replication_role = replica; SET search_path = "{schema}", extensions; {statement}')


def portal_queries(world, paths) -> list[tuple[str, dict]]:
    """Every query that the portal's login sends for these pages, with its values."""
    browser, sent = world.portal("ina"), []

    def collect(connection, cursor, statement, parameters, context, executemany):
        mine = connection.engine.url.username == "deskhand_portal" and "set_config" not in statement
        if mine and statement.startswith(("SELECT", "WITH", "INSERT", "UPDATE")):
            sent.append((statement, parameters))

    event.listen(Engine, "before_cursor_execute", collect)
    try:
        for path in paths:
            assert browser.get(path.format(**vars(world.cast))).status_code == 200, path
        browser.post_form("/portal/me/fields/city", {"value": "Kiel", "v": "1"})
    finally:
        event.remove(Engine, "before_cursor_execute", collect)
    return sent


def scans(plan: dict) -> list[str]:
    """The tables that a plan reads from the first row to the last."""
    found = [plan["Relation Name"]] if plan["Node Type"] == "Seq Scan" else []
    return found + [table for part in plan.get("Plans", []) for table in scans(part)]


@pytest.mark.threat("T-002", "T-011")
def test_no_query_of_the_portal_reads_a_big_table_through(world):
    fill(world)
    queries = portal_queries(world, PAGES)
    assert len(queries) > 30
    schema, cast = world.schema(), world.cast
    with world.cluster.connect(world.database) as connection:
        connection.execute("SELECT set_config('search_path', %s, false)", [f'"{schema}", extensions'])
        connection.execute("SELECT set_config('app.contact_id', %s, false)", [str(cast.ina)])
        connection.execute("SELECT set_config('app.companies', %s, false)", [f"{{{cast.acme}}}"])
        connection.execute(f'SET ROLE "{schema}_portal"')
        for statement, values in queries:
            plan = connection.execute(f"EXPLAIN (FORMAT JSON) {statement}", values).fetchone()[0]
            plan = plan if isinstance(plan, list) else json.loads(plan)
            assert not BIG & set(scans(plan[0]["Plan"])), statement
