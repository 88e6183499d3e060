"""The wall in the database itself: what each login and role can read and write, whatever the application does."""

import json
from contextlib import contextmanager

import psycopg
import pytest
from psycopg import errors, sql

from app.embedded import database

# What the desk's login may read before it has entered an organization: only where organizations are.
OPEN_TO_DESK = {"organization", "host", "mail_address", "shard", "alembic_version", "wake"}

# What a portal viewer sees of each table, as somebody would say it who does not know the policies:
# :companies are the viewer's, :me is the viewer. Tables that are not named here show the portal nothing at all.
SEEN = {
    "account": "t.contact_id = %(me)s",
    "change": "t.contact_id = %(me)s",
    "company": "t.id = ANY (%(companies)s)",
    "contact": "t.id = %(me)s OR EXISTS (SELECT 1 FROM unnest(t.company_ids) c WHERE c = ANY (%(companies)s))",
    "company_domain": "t.company_id = ANY (%(companies)s)",
    "contact_address": "t.contact_id = %(me)s",
    "contract": "t.company_id = ANY (%(companies)s)",
    "custom_field": "true",
    "customer_group": "t.shown AND t.active AND %(me)s = ANY (t.member_ids)",
    "department": "t.company_id = ANY (%(companies)s)",
    "field_setting": "true",
    "field_version": "true",
    "filled_form": "t.company_id = ANY (%(companies)s)",
    "form": "true",
    "form_version": "true",
    "membership": "t.company_id = ANY (%(companies)s) OR t.contact_id = %(me)s",
    "operation": "t.contact_id = %(me)s",
    "staff": "t.active AND t.withdrawn_at IS NULL",
}
VIEWERS = {"ina": ["acme"], "ben": ["acme", "xacme"], "xena": ["xacme"], "nils": ["nordlys"]}


@contextmanager
def signed_in(world, login: str):
    """A connection as one of the two logins, outside any organization."""
    password = json.loads((world.cluster.home / "logins.json").read_text())[login]
    with psycopg.connect(world.cluster.postgres.url(login, world.database, password)) as connection:
        yield connection
        connection.rollback()


def enter(connection, schema: str, role: str = "") -> None:
    connection.execute(
        "SELECT set_config('role', %s, true), set_config('search_path', %s, true)", [role or schema, schema]
    )


def view(connection, world, contact: int, companies: list[int]) -> None:
    """Become a portal viewer in this transaction."""
    schema = world.schema()
    enter(connection, schema, f"{schema}_portal")
    settings = [str(contact), "{" + ",".join(map(str, companies)) + "}"]
    connection.execute("SELECT set_config('app.contact_id', %s, true), set_config('app.companies', %s, true)", settings)


def tables(world, schema: str) -> list[str]:
    query = "SELECT tablename FROM pg_tables WHERE schemaname = %s ORDER BY 1"
    return [row["tablename"] for row in world.sql(query, schema)]


def refused(connection, statement, values=None) -> type[Exception] | None:
    """The error that a statement meets, if it meets one."""
    try:
        with connection.transaction():
            connection.execute(statement, values)
    except psycopg.Error as error:
        return type(error)
    return None


@pytest.mark.threat("T-004")
@pytest.mark.parametrize("login", ["deskhand_app", "deskhand_portal"])
def test_without_an_organization_no_table_can_be_read(shared_world, login):
    with signed_in(shared_world, login) as connection:
        for slug in ("harbor", "summit"):
            schema = shared_world.schema(slug)
            for table in tables(shared_world, schema):
                qualified = sql.SQL("SELECT * FROM {}").format(sql.Identifier(schema, table))
                assert refused(connection, qualified) is errors.InsufficientPrivilege, f"{login} reads {table}"
                bare = sql.SQL("SELECT * FROM {}").format(sql.Identifier(table))
                assert refused(connection, bare) is errors.UndefinedTable, f"{login} finds {table}"
        for table in tables(shared_world, "shared"):
            open_to = login == "deskhand_app" and table in OPEN_TO_DESK
            statement = sql.SQL("SELECT * FROM {}").format(sql.Identifier("shared", table))
            assert refused(connection, statement) is (None if open_to else errors.InsufficientPrivilege), table


@pytest.mark.threat("T-004")
@pytest.mark.parametrize("suffix", ["", "_portal"])
def test_an_organization_reaches_no_table_of_another(shared_world, suffix):
    mine, other = shared_world.schema("harbor"), shared_world.schema("summit")
    with signed_in(shared_world, "deskhand_portal" if suffix else "deskhand_app") as connection:
        enter(connection, mine, mine + suffix)
        for table in tables(shared_world, other):
            for statement in ("SELECT * FROM {}", "DELETE FROM {}", "INSERT INTO {} DEFAULT VALUES", "TRUNCATE {}"):
                query = sql.SQL(statement).format(sql.Identifier(other, table))
                assert refused(connection, query) is errors.InsufficientPrivilege, statement.format(table)


@pytest.mark.threat("T-004", "T-011")
def test_an_organization_learns_nothing_of_another_from_the_catalogue(world):
    mine, other = world.schema("harbor"), world.schema("summit")
    world.sql("ANALYZE")
    with signed_in(world, "deskhand_app") as connection:
        enter(connection, mine)
        assert connection.execute("SELECT count(*) > 0 FROM pg_stats WHERE schemaname = %s", [mine]).fetchone()[0]
        for view_of in ("pg_stats", "pg_stats_ext"):
            query = sql.SQL("SELECT 1 FROM {} WHERE schemaname = %s").format(sql.Identifier(view_of))
            assert connection.execute(query, [other]).fetchall() == []
        for view_of in ("tables", "columns", "table_privileges", "check_constraints"):
            column = "constraint_schema" if view_of == "check_constraints" else "table_schema"
            query = sql.SQL("SELECT 1 FROM information_schema.{} WHERE {} = %s")
            query = query.format(sql.Identifier(view_of), sql.Identifier(column))
            assert connection.execute(query, [other]).fetchall() == [], view_of


@pytest.mark.threat("T-009")
def test_the_portals_login_cannot_become_staff(shared_world):
    for slug in ("harbor", "summit"):
        schema = shared_world.schema(slug)
        with signed_in(shared_world, "deskhand_portal") as connection:
            assert refused(connection, sql.SQL("SET ROLE {}").format(sql.Identifier(schema)))
            assert refused(connection, "SET ROLE deskhand_app")
            enter(connection, schema, f"{schema}_portal")
            assert refused(connection, sql.SQL("SET ROLE {}").format(sql.Identifier(schema)))
    for login in ("deskhand_app", "deskhand_portal"):
        with signed_in(shared_world, login) as connection:
            for role in (database.OWNER, "postgres"):
                statement = sql.SQL("SET ROLE {}").format(sql.Identifier(role))
                assert refused(connection, statement) is errors.InsufficientPrivilege


@pytest.mark.threat("T-002")
@pytest.mark.parametrize("person", VIEWERS)
def test_a_portal_viewer_sees_exactly_their_own_companies(shared_world, cast, person):
    companies = [getattr(cast, name) for name in VIEWERS[person]]
    me, schema = getattr(cast, person), shared_world.schema()
    with signed_in(shared_world, "deskhand_portal") as connection:
        view(connection, shared_world, me, companies)
        for table in tables(shared_world, schema):
            name = sql.Identifier(table)
            if table not in SEEN:
                everything = sql.SQL("SELECT * FROM {}").format(name)
                assert refused(connection, everything) is errors.InsufficientPrivilege, f"The portal reads {table}"
                continue
            wanted = f'SELECT t.id FROM "{schema}"."{table}" t WHERE {SEEN[table]}'
            with shared_world.cluster.connect(shared_world.database) as admin:
                rows = admin.execute(wanted, {"companies": companies, "me": me}).fetchall()
            seen = connection.execute(sql.SQL("SELECT id FROM {}").format(name)).fetchall()
            assert sorted(seen) == sorted(rows), table


def test_the_cast_has_rows_to_hide_and_rows_to_show(shared_world, cast):
    for table in ("company", "contact", "contract", "department", "membership", "account"):
        query = f'SELECT 1 FROM "{shared_world.schema()}"."{table}" t WHERE {SEEN[table]}'
        with shared_world.cluster.connect(shared_world.database) as admin:
            seen = len(admin.execute(query, {"companies": [cast.acme], "me": cast.ina}).fetchall())
        everything = len(shared_world.sql(f"SELECT 1 FROM {shared_world.schema()}.{table}"))
        assert 0 < seen < everything, table


@pytest.mark.threat("T-002", "T-009")
@pytest.mark.parametrize("companies", [None, "", "{"])
def test_without_a_viewer_the_portal_gets_an_error(shared_world, companies):
    schema = shared_world.schema()
    walled = sorted(set(SEEN) - {"staff", "custom_field", "field_setting", "field_version", "form", "form_version"})
    with signed_in(shared_world, "deskhand_portal") as connection:
        enter(connection, schema, f"{schema}_portal")
        if companies is not None:
            settings = "SELECT set_config('app.companies', %s, true), set_config('app.contact_id', %s, true)"
            connection.execute(settings, [companies, companies])
        for table in walled:
            # By a column that the portal may read, so that it is the missing viewer that is refused.
            wanted = sql.SQL("SELECT id FROM {}").format(sql.Identifier(table))
            assert refused(connection, wanted) in (errors.InsufficientPrivilege, errors.InvalidTextRepresentation), (
                table
            )


@pytest.mark.threat("T-002", "T-009")
def test_what_an_earlier_viewer_left_behind_is_no_viewer(shared_world, cast):
    """After a transaction that set them, the settings are empty instead of missing: that is an error too."""
    schema = shared_world.schema()
    with signed_in(shared_world, "deskhand_portal") as connection:
        view(connection, shared_world, cast.ina, [cast.acme])
        assert connection.execute("SELECT count(*) FROM company").fetchone()[0] == 1
        connection.rollback()
        enter(connection, schema, f"{schema}_portal")
        assert refused(connection, "SELECT id FROM company") is errors.InsufficientPrivilege


@pytest.mark.threat("T-002")
def test_a_viewer_without_a_company_sees_none(shared_world, cast):
    with signed_in(shared_world, "deskhand_portal") as connection:
        view(connection, shared_world, cast.nils, [])
        assert connection.execute("SELECT id FROM company").fetchall() == []
        assert connection.execute("SELECT id FROM contact").fetchall() == [(cast.nils,)]
        assert connection.execute("SELECT id FROM contract").fetchall() == []


@pytest.mark.threat("T-002")
def test_the_portal_writes_nothing_beyond_itself(world, cast):
    """For each table: no row of another company can be made, changed or removed by the portal."""
    schema = world.schema()
    before = world.checksum()
    with signed_in(world, "deskhand_portal") as connection:
        view(connection, world, cast.ina, [cast.acme])
        for table in tables(world, schema):
            name = sql.Identifier(table)
            assert refused(connection, sql.SQL("DELETE FROM {}").format(name)) is errors.InsufficientPrivilege, table
            assert refused(connection, sql.SQL("TRUNCATE {}").format(name)) is errors.InsufficientPrivilege, table
            columns = sql.SQL("SELECT attname FROM pg_attribute WHERE attrelid = {}::regclass AND attnum > 0")
            one = connection.execute(columns.format(f'"{schema}"."{table}"') + sql.SQL(" LIMIT 1")).fetchone()[0]
            update = sql.SQL("UPDATE {} SET {} = {}").format(name, sql.Identifier(one), sql.Identifier(one))
            if refused(connection, update) is None:
                assert table == "contact", f"The portal may update {table}"
        connection.rollback()

        view(connection, world, cast.ina, [cast.acme])
        touched = connection.execute("UPDATE contact SET job_title = 'mine' RETURNING id").fetchall()
        assert touched == [(cast.ina,)]
        for foreign in (cast.nils, cast.otto):
            moved = sql.SQL("UPDATE contact SET id = {} WHERE id = {}").format(foreign + 1000, cast.ina)
            assert refused(connection, moved) is errors.InsufficientPrivilege
        forged = "INSERT INTO operation (kind, contact_id) VALUES ('edit', %s)"
        assert refused(connection, forged, [cast.nils]) is errors.InsufficientPrivilege
        assert refused(connection, forged, [None]) is errors.InsufficientPrivilege
        operation = connection.execute(forged + " RETURNING id", [cast.ina]).fetchone()[0]
        entry = "INSERT INTO change (operation_id, noun, record_id, action, version, company_ids)"
        entry += " VALUES (%s, 'contact', %s, 'update', 2, %s)"
        assert refused(connection, entry, [operation, cast.nils, [cast.nordlys]]) is errors.InsufficientPrivilege
        assert refused(connection, entry, [operation, cast.nils, []]) is errors.InsufficientPrivilege
        assert refused(connection, entry, [operation, cast.nils, None]) is errors.InsufficientPrivilege
        assert refused(connection, entry, [operation, cast.ina, [cast.acme]]) is None
        connection.rollback()
    assert world.checksum() == before


@pytest.mark.threat("T-116")
def test_the_journal_is_only_added_to(world):
    with signed_in(world, "deskhand_app") as connection:
        enter(connection, world.schema())
        for table in ("operation", "change", "event"):
            name = sql.Identifier(table)
            assert refused(connection, sql.SQL("DELETE FROM {}").format(name)) is errors.InsufficientPrivilege
            assert refused(connection, sql.SQL("UPDATE {} SET id = id").format(name)) is errors.InsufficientPrivilege


def test_an_organization_wakes_only_itself(shared_world):
    wake = "INSERT INTO shared.wake (organization) VALUES (%s)"
    with signed_in(shared_world, "deskhand_app") as connection:
        enter(connection, shared_world.schema("harbor"))
        assert refused(connection, wake, [shared_world.keys["summit"]]) is errors.InsufficientPrivilege
        assert refused(connection, "SELECT * FROM shared.wake") is errors.InsufficientPrivilege
        assert refused(connection, "DELETE FROM shared.wake") is errors.InsufficientPrivilege
        with connection.transaction(force_rollback=True):
            connection.execute(wake, [shared_world.keys["harbor"]])


@pytest.mark.threat("T-010")
def test_a_row_cannot_refer_to_another_companys_row(world, cast):
    schema = world.schema()
    for statement in (
        f"UPDATE {schema}.membership SET department_id = {cast.nordlys_office} WHERE contact_id = {cast.ina}",
        f"UPDATE {schema}.contract SET customer_contact_id = {cast.nils} WHERE id = {cast.acme_support_hours}",
        f"UPDATE {schema}.contract SET company_id = {cast.nordlys} WHERE id = {cast.acme_support_hours}",
    ):
        with pytest.raises(errors.ForeignKeyViolation):
            world.sql(statement)
