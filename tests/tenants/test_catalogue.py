"""Rules that every table, policy, function and role must keep, read from the database's own catalogue."""

import json
import re

import pytest
import sqlalchemy
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

import app.models_index  # noqa: F401  (all tables)
from tenants import Shared, Tenanted, checks

# Tables without row-level security: COPY, which it refuses, fills those of imports, and migrations write the other. The
# portal has no right on them.
OPEN_TABLES = {"import_row", "import_verdict", "import_name", "alembic_version"}

# Portal policies that name no viewer, with the reason.
FOR_EVERY_VIEWER = {
    "staff": "the desk's people who are active, by name, phone and e-mail",
    "field_setting": "how fields are called",
    "custom_field": "which fields there are",
    "form": "what forms are called",
    "form_version": "which questions forms have",
    "field_version": "whether those were changed",
    "event": "that something was written; it holds no more than the operation's number",
}

# Unique keys with words of people in them that are not within one company, with the reason: none of them is met by
# what somebody may write in the portal, so that it cannot be asked whether such a row exists elsewhere.
UNSCOPED = {
    "uq_company_name": "companies are made by the desk",
    "uq_company_domain_name": "domains are given by the desk",
    "uq_contact_user_name": "user names are given by the desk",
    "uq_contact_identity": "the e-mail address in it is given by the desk",
    "uq_customer_group_name": "groups are made by the desk",
    "uq_form_name": "forms are made by administrators",
    "uq_custom_field_key": "fields belong to the whole organization",
    "uq_field_setting_of_noun_field": "fields belong to the whole organization",
    "uq_list_view_slug": "views are named by the desk",
    "pk_list_default": "names of our own",
    "uq_staff_email": "the desk's own people",
    "pk_import_name": "only the desk imports, and these are of one import",
    "pk_setting": "names of our own",
    "uq_event_operation_id_kind": "kinds of our own",
    "pk_erased": "nouns of our own",
    "uq_erasure_record": "nouns of our own",
    "pk_merged": "nouns of our own",
    "pk_duplicate": "nouns of our own",
    "pk_alembic_version": "names of our own",
    "alembic_version_pkc": "names of our own",
}


@pytest.fixture
def catalogue(shared_world):
    """Ask the catalogue with the schema of harbor as %s wherever the query says so."""

    def ask(query: str):
        values = [shared_world.schema()] * query.count("%s")
        return shared_world.sql(query, *values)

    ask.schema = shared_world.schema()
    ask.world = shared_world
    return ask


def test_every_table_is_behind_the_wall(catalogue):
    found = catalogue(
        "SELECT c.relname, c.relrowsecurity AND c.relforcerowsecurity AS walled FROM pg_class c"
        " WHERE c.relnamespace = %s::regnamespace AND c.relkind IN ('r', 'p')"
    )
    assert {row["relname"] for row in found if not row["walled"]} == OPEN_TABLES
    assert len(found) > 20


def test_every_table_has_a_primary_key_and_counts_in_bigints(catalogue):
    without = catalogue(
        "SELECT relname FROM pg_class c WHERE relnamespace = %s::regnamespace AND relkind = 'r'"
        " AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conrelid = c.oid AND contype = 'p')"
    )
    assert without == []
    narrow = catalogue(
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = %s"
        " AND (is_identity = 'YES' OR column_name ~ '_id$') AND data_type <> 'bigint'"
    )
    # What a person or a company is called elsewhere is a word, not a reference.
    words = ("customer_id", "employee_id", "external_id", "network_id")
    assert [row for row in narrow if row["column_name"] not in words] == []


@pytest.mark.threat("T-009")
def test_owner_and_staff_policies_are_exactly_true(catalogue):
    schema = catalogue.schema
    walled = {
        row["relname"]
        for row in catalogue("SELECT relname FROM pg_class WHERE relnamespace = %s::regnamespace AND relrowsecurity")
    }
    policies = catalogue("SELECT * FROM pg_policies WHERE schemaname = %s")
    for name, role in (("owner_all", "deskhand_owner"), ("staff_all", schema)):
        mine = [row for row in policies if row["policyname"] == name]
        assert {row["tablename"] for row in mine} == walled, name
        for row in mine:
            shown = (row["roles"], row["cmd"], row["qual"], row["with_check"], row["permissive"])
            assert shown == ([role], "ALL", "true", "true", "PERMISSIVE"), row["tablename"]
    others = [row for row in policies if row["policyname"] not in ("owner_all", "staff_all")]
    assert {tuple(row["roles"]) for row in others} == {(f"{schema}_portal",)}
    assert {row["policyname"] for row in others} <= {"portal_select", "portal_insert", "portal_update"}


@pytest.mark.threat("T-009")
def test_portal_policies_compare_keys_with_the_viewer(catalogue):
    policies = catalogue("SELECT * FROM pg_policies WHERE schemaname = %s AND policyname LIKE 'portal%%'")
    assert len(policies) > 8
    for row in policies:
        for condition in filter(None, (row["qual"], row["with_check"])):
            where = f"{row['tablename']} {row['policyname']}: {condition}"
            assert "select" not in condition.lower(), f"A subquery in {where}"
            assert condition != "true", where
            assert "extensions.viewer_" in condition or row["tablename"] in FOR_EVERY_VIEWER, where
            assert "current_setting" not in condition, f"Read settings through the functions that raise: {where}"


def test_the_portal_has_rights_only_where_it_has_a_policy(catalogue):
    portal = f"{catalogue.schema}_portal"
    rights = catalogue(
        "SELECT DISTINCT table_name, privilege_type FROM information_schema.column_privileges"
        f" WHERE table_schema = %s AND grantee = '{portal}'"
    )
    policies = catalogue("SELECT tablename, cmd FROM pg_policies WHERE schemaname = %s AND policyname LIKE 'portal%%'")
    granted = {(row["table_name"], row["privilege_type"]) for row in rights}
    assert granted == {(row["tablename"], row["cmd"]) for row in policies}


@pytest.mark.threat("T-009")
@pytest.mark.parametrize(
    "query",
    [
        "SELECT proname FROM pg_proc WHERE prosecdef AND pronamespace IN (SELECT * FROM ours)",
        "SELECT relname FROM pg_class WHERE relkind IN ('v', 'm', 'f') AND relnamespace IN (SELECT * FROM ours)",
        "SELECT tgname FROM pg_trigger JOIN pg_class c ON c.oid = tgrelid"
        " WHERE NOT tgisinternal AND relnamespace IN (SELECT * FROM ours)",
    ],
)
def test_nothing_runs_with_its_makers_rights_but_the_door_of_erasures(catalogue, query):
    """That one is shown to open for nothing but an erasure: tests/contacts/test_erasing.py."""
    ours = "SELECT oid FROM pg_namespace WHERE nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')"
    found = [name for row in catalogue(f"WITH ours AS ({ours}) {query}") for name in row.values()]
    assert found == (["erase_from_journal"] * len(catalogue.world.keys) if "prosecdef" in query else [])


@pytest.mark.threat("T-009")
def test_functions_look_up_names_in_one_fixed_place(catalogue):
    loose = catalogue(
        "SELECT p.proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace"
        " WHERE n.nspname NOT IN ('pg_catalog', 'information_schema')"
        " AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')"
        " AND p.prosqlbody IS NULL"
        " AND NOT EXISTS (SELECT 1 FROM unnest(p.proconfig) setting WHERE setting LIKE 'search_path=%%')"
    )
    assert loose == []


def test_the_roles_may_no_more_than_they_must(catalogue):
    rows = catalogue(
        "SELECT rolname, rolcanlogin, rolinherit, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication,"
        " EXISTS (SELECT 1 FROM pg_class WHERE relowner = r.oid)"
        " OR EXISTS (SELECT 1 FROM pg_proc WHERE proowner = r.oid)"
        " OR EXISTS (SELECT 1 FROM pg_namespace WHERE nspowner = r.oid)"
        " OR EXISTS (SELECT 1 FROM pg_database WHERE datdba = r.oid) AS owns"
        " FROM pg_roles r WHERE rolname LIKE 'org\\_%' OR rolname LIKE 'deskhand%'"
    )
    roles = {row["rolname"]: row for row in rows}
    owner = roles.pop("deskhand_owner")
    assert not owner["rolsuper"] and not owner["rolbypassrls"]
    for name, row in roles.items():
        rights = ("rolsuper", "rolbypassrls", "rolcreaterole", "rolcreatedb", "rolreplication", "owns")
        assert not any(row[right] for right in rights), name
        login = name in ("deskhand_app", "deskhand_portal")
        assert row["rolcanlogin"] == login
        assert not (login and row["rolinherit"]), f"{name} would hold every organization's rights at once"
    keys = sorted(f"org_{key}" for key in catalogue.world.keys.values())
    assert sorted(name for name in roles if name.startswith("org_")) == sorted(keys + [f"{key}_portal" for key in keys])


def test_who_may_become_whom(catalogue):
    rows = catalogue(
        "SELECT r.rolname AS role, m.rolname AS member, a.inherit_option AS inherits, a.admin_option AS admin"
        " FROM pg_auth_members a JOIN pg_roles r ON r.oid = a.roleid JOIN pg_roles m ON m.oid = a.member"
        " WHERE m.rolname <> 'deskhand_owner' AND (r.rolname LIKE 'org\\_%' OR r.rolname LIKE 'deskhand%')"
    )
    wanted = set()
    for key in catalogue.world.keys.values():
        wanted |= {(f"org_{key}", "deskhand_app"), (f"org_{key}_portal", "deskhand_portal")}
        wanted |= {("deskhand_org", f"org_{key}"), ("deskhand_org", f"org_{key}_portal")}
    assert {(row["role"], row["member"]) for row in rows} == wanted
    assert not any(row["admin"] for row in rows)
    assert not any(row["inherits"] for row in rows if row["member"] in ("deskhand_app", "deskhand_portal"))


def test_no_role_can_make_anything_in_a_schema(catalogue):
    rows = catalogue(
        "SELECT rolname, nspname FROM pg_roles, pg_namespace"
        " WHERE (rolname LIKE 'org\\_%' OR rolname IN ('deskhand_app', 'deskhand_portal', 'deskhand_org'))"
        " AND nspname NOT LIKE 'pg\\_temp%' AND nspname NOT LIKE 'pg\\_toast%'"
        " AND has_schema_privilege(rolname, nspname, 'CREATE')"
    )
    assert rows == []


@pytest.mark.threat("T-010")
def test_references_between_rows_of_companies_carry_the_company(catalogue):
    rows = catalogue(
        "SELECT c.conname, (SELECT array_agg(attname) FROM pg_attribute"
        " WHERE attrelid = c.conrelid AND attnum = ANY (c.conkey)) AS columns"
        " FROM pg_constraint c WHERE c.contype = 'f' AND c.connamespace = %s::regnamespace"
        " AND EXISTS (SELECT 1 FROM pg_attribute WHERE attrelid = c.confrelid AND attname = 'company_id')"
        " AND EXISTS (SELECT 1 FROM pg_attribute WHERE attrelid = c.conrelid AND attname = 'company_id')"
    )
    assert rows
    assert [row["conname"] for row in rows if "company_id" not in row["columns"]] == []


@pytest.mark.threat("T-010")
def test_unique_keys_with_peoples_words_stay_within_a_company(catalogue):
    rows = catalogue(
        "SELECT i.relname AS name, pg_get_indexdef(x.indexrelid) AS definition,"
        " pg_get_indexdef(x.indexrelid, 1, true) AS first,"
        " bool_or(a.atttypid IN ('text'::regtype, 'varchar'::regtype)) AS words"
        " FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_attribute a ON a.attrelid = i.oid"
        " WHERE x.indisunique AND i.relnamespace = %s::regnamespace GROUP BY 1, 2, 3"
    )
    scoped = ("company_id", "contact_id", "account_id")
    loose = {row["name"] for row in rows if row["words"] and row["first"] not in scoped}
    assert loose - set(UNSCOPED) == set(), "Begin the key with company_id, or say here why it tells nothing."


# --- drift ------------------------------------------------------------------------------------------------------------


def differences(world, schema: str, metadata) -> list:
    """What a migration would have to do to make the database what the models say."""
    url = sqlalchemy.make_url(world.cluster.url(world.database)).set(drivername="postgresql+psycopg")
    options = {"compare_type": True, "compare_server_default": True}
    if metadata.schema:
        path = "public"
        named = {"include_schemas": True, "include_name": lambda name, kind, _: kind != "schema" or name == schema}
        options |= named | {"version_table_schema": schema}
    else:
        # Without `extensions` in it, so that functions are shown with their schema, as the models name them.
        path = schema
    connect = {"options": f"-csearch_path={path}"}
    engine = sqlalchemy.create_engine(url, poolclass=sqlalchemy.NullPool, connect_args=connect)
    with engine.connect() as connection:
        found = compare_metadata(MigrationContext.configure(connection, opts=options), metadata)
        return [change for change in found if not _is_the_same_index(connection, change, metadata)]


def _is_the_same_index(connection, change, metadata) -> bool:
    """Whether a difference is only how an expression is written: the database is asked how it writes ours."""
    if change[0] not in ("remove_index", "add_index"):
        return False
    name, table = change[1].name, change[1].table.name
    ours = next((index for index in metadata.tables[table].indexes if index.name == name), None)
    is_there = connection.scalar(sqlalchemy.text("SELECT to_regclass(:name) IS NOT NULL"), {"name": name})
    if ours is None or not is_there:
        return False
    definition = sqlalchemy.text("SELECT pg_get_indexdef(CAST(:name AS regclass))")
    before = connection.scalar(definition, {"name": name})
    with connection.begin_nested() as savepoint:
        connection.exec_driver_sql(f"DROP INDEX {name}")
        connection.execute(sqlalchemy.schema.CreateIndex(ours))
        after = connection.scalar(definition, {"name": name})
        savepoint.rollback()
    return before == after


@pytest.mark.parametrize("slug", ["harbor", "summit"])
def test_the_tables_are_what_the_models_say(shared_world, slug):
    assert differences(shared_world, shared_world.schema(slug), Tenanted.metadata) == []


def test_the_shared_tables_are_what_the_models_say(shared_world):
    assert differences(shared_world, "shared", Shared.metadata) == []


STRUCTURE = """
    SELECT 'column' AS what, attrelid::regclass::text || '.' || attname AS name,
      concat(format_type(atttypid, atttypmod), attnotnull, attidentity, attgenerated, attacl,
      pg_get_expr(adbin, adrelid)) AS text
    FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
    WHERE attrelid IN (SELECT oid FROM pg_class WHERE relnamespace = {0}::regnamespace) AND attnum > 0
    UNION ALL SELECT 'constraint', conname, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE connamespace = {0}::regnamespace
    UNION ALL SELECT 'index', indexname, indexdef FROM pg_indexes WHERE schemaname = {0}
    UNION ALL SELECT 'policy', tablename || policyname, concat(roles, cmd, qual, with_check, permissive)
    FROM pg_policies WHERE schemaname = {0}
    UNION ALL SELECT 'rights', relname, concat(relacl, relrowsecurity, relforcerowsecurity, relowner::regrole, relkind)
    FROM pg_class WHERE relnamespace = {0}::regnamespace
    UNION ALL SELECT 'schema', nspname, concat(nspacl, nspowner::regrole) FROM pg_namespace WHERE nspname = {0}
    UNION ALL SELECT 'defaults', defaclobjtype::text, defaclacl::text FROM pg_default_acl
    WHERE defaclnamespace = {0}::regnamespace
"""


def test_organizations_have_the_same_structure(shared_world):
    found = []
    for slug in ("harbor", "summit"):
        schema = shared_world.schema(slug)
        rows = shared_world.sql(STRUCTURE.format(f"'{schema}'"))
        found.append(sorted(re.sub(schema, "org", json.dumps(row)) for row in rows))
    assert len(found[0]) > 300
    assert found[0] == found[1]


@pytest.mark.threat("T-011")
def test_a_server_that_is_older_than_the_least_is_not_served_from(shared_world, monkeypatch):
    """The real server, held against a least that it has, and against one that it has not."""
    number = shared_world.sql("SELECT current_setting('server_version_num')::int AS number")[0]["number"]
    major, minor = divmod(number, 10000)
    with shared_world.app.app_context():
        monkeypatch.setattr(checks, "MINIMUM", {major: minor})
        checks.check()
        monkeypatch.setattr(checks, "MINIMUM", {major: minor + 1})
        with pytest.raises(checks.Unfit, match=f"PostgreSQL {major}.{minor} is too old"):
            checks.check()
