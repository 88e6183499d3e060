"""How the database finds what a portal viewer may see among many rows of others: by an index, never by reading all."""

import json

import pytest
from psycopg.types.json import Jsonb
from sqlalchemy import event, text
from sqlalchemy.engine import Engine

from tenants import db, narrow
from tests import world as worlds
from tests.isolation.bodies import PICTURE
from tests.isolation.canaries import SQUARE
from tests.isolation.policy import ROUTES

MANY = 20_000
# Smaller tables are read at once whatever their indexes.
FEW = 1000

FILL = (
    "INSERT INTO company (name, kind) SELECT 'Company ' || n, 'managed' FROM generate_series(1, {many} / 10) n",
    "INSERT INTO contact (first_name, last_name, user_name, email, company_ids)"
    " SELECT 'First' || n, 'Last' || n, 'user' || n, 'user' || n || '@x.example', ARRAY[c.id]"
    " FROM generate_series(1, {many}) n JOIN company c ON c.name = 'Company ' || (1 + n % ({many} / 10))",
    "INSERT INTO membership (company_id, contact_id) SELECT company_ids[1], id FROM contact WHERE user_name ~ '^user'",
    "INSERT INTO contract (description, company_id, kind, limited, customer_contact_id, support_contact_id)"
    " SELECT 'Contract ' || m.id, m.company_id, 'subscription', false, m.contact_id, (SELECT min(id) FROM staff)"
    " FROM membership m JOIN contact c ON c.id = m.contact_id WHERE c.user_name ~ '^user'",
    "INSERT INTO operation (kind, contact_id) SELECT 'edit', id FROM contact WHERE user_name ~ '^user'",
    "INSERT INTO change (operation_id, noun, record_id, action, version, company_ids)"
    " SELECT o.id, 'contact', c.id, 'update', 2, c.company_ids FROM operation o JOIN contact c ON c.id = o.contact_id"
    " WHERE c.user_name ~ '^user'",
    "INSERT INTO contact_address (contact_id, email) SELECT id, email FROM contact WHERE user_name ~ '^user'",
    "INSERT INTO department (company_id, name) SELECT id, 'Department' FROM company WHERE name ~ '^Company '",
    "INSERT INTO customer_group (name, shown, member_ids)"
    " SELECT 'Group ' || n, true, ARRAY[n, n + 1]::bigint[] FROM generate_series(100001, 100000 + {many} / 5) n",
    "INSERT INTO customer_group (name, shown, member_ids) VALUES ('Mine', true, ARRAY[{ina}, {ina} + 1]::bigint[])",
    "ANALYZE",
)


@pytest.fixture(scope="module")
def _crowd(app, cluster, template):
    keys, cast, _ = template
    crowd = worlds.World(app, cluster, cluster.clone(), cast, dict(keys))
    with cluster.connect(crowd.database) as connection:
        connection.execute(f"SET search_path = {crowd.schema()}, extensions")
        for statement in FILL:
            connection.execute(statement.replace("{many}", str(MANY)).replace("{ina}", str(cast.ina)))
    yield crowd
    cluster.drop(crowd.database)


@pytest.fixture
def crowded(app, _crowd):
    """A world with many companies and people in harbor beside those of the cast, for tests that only read."""
    with worlds.using(app, _crowd.cluster.url(_crowd.database)):
        yield _crowd


def scans(node: dict) -> list[str]:
    """The tables that a plan reads from end to end."""
    found = [node["Relation Name"]] if node["Node Type"] == "Seq Scan" else []
    return found + [table for child in node.get("Plans", []) for table in scans(child)]


def sent_by(client, path: str) -> list[tuple[str, dict]]:
    """The queries that a page sends through the portal's login, with their values."""
    found = []

    def keep(connection, cursor, statement, parameters, context, executemany):
        is_portal = connection.engine.url.username == "deskhand_portal"
        if is_portal and statement.lstrip().upper().startswith(("SELECT", "WITH", "UPDATE")):
            found.append((statement, parameters))

    event.listen(Engine, "before_cursor_execute", keep)
    try:
        assert client.get(path).status_code in (200, 302)
    finally:
        event.remove(Engine, "before_cursor_execute", keep)
    return [one for one in found if "set_config('role'" not in one[0]]


def large(world) -> set[str]:
    query = "SELECT relname FROM pg_class WHERE relnamespace = %s::regnamespace AND reltuples > %s"
    return {row["relname"] for row in world.sql(query, world.schema(), FEW)}


def test_no_page_of_the_portal_reads_a_table_from_end_to_end(crowded, cast):
    tables = large(crowded)
    assert {"company", "contact", "contract", "membership", "change", "operation"} <= tables
    client = crowded.portal("ina")
    numbers = {"company": cast.acme, "contact": cast.otto, "contract": cast.acme_support_hours}
    mine = f"SELECT id FROM {crowded.schema()}.customer_group WHERE name = 'Mine'"
    numbers["group"] = crowded.sql(mine)[0]["id"]
    # Those whose pictures the addresses of pictures ask for.
    hashed = PICTURE["name"].partition("-")[0]
    crowded.sql(
        f"UPDATE {crowded.schema()}.contact SET picture = %s, pictures = %s WHERE id = ANY(%s)",
        hashed,
        Jsonb({"64": SQUARE}),
        [cast.ina, cast.otto],
    )
    wrong, asked = [], 0
    for rule in crowded.app.url_map.iter_rules():
        route = ROUTES.get(rule.endpoint)
        if not rule.endpoint.startswith("portal.") or route is None or "GET" not in rule.methods:
            continue
        path = rule.rule.replace("<int:id>", str(numbers.get(route.id, 0)))
        for name, value in route.args.items():
            path = path.replace(f"<{name}>", value)
        more = (path, f"{path}?q=ber", f"{path}?q=o") if path.endswith("/people") else (path,)
        for one in more:
            for statement, values in sent_by(client, one):
                asked += 1
                with crowded.inside():
                    narrow(cast.ina)
                    connection = db.session.connection()
                    plan = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", values).scalar_one()
                read = set(scans(plan[0]["Plan"])) & tables
                wrong += [f"{one} reads all of {table}: {' '.join(statement.split())[:300]}" for table in sorted(read)]
    assert asked > 10
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("table", ["company", "contact", "contract", "customer_group", "department", "membership"])
def test_each_wall_is_found_through_an_index(crowded, cast, table):
    live = f"SELECT id FROM {table} WHERE withdrawn_at IS NULL"
    with crowded.inside():
        narrow(cast.ina)
        plan = db.session.scalar(text(f"EXPLAIN (FORMAT JSON) {live}"))
        assert scans(plan[0]["Plan"]) == [], json.dumps(plan, indent=1)
        assert 0 < len(db.session.scalars(text(live)).all()) < 10
