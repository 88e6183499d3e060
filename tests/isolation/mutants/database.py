"""Mutants of the database: each policy, each forcing, each right and each role's limit, read from its own catalogue."""

from collections.abc import Iterator

from tests.cluster import TEMPLATE

from .mutant import Mutant

WALL = "tests/tenants/test_wall.py"
RIGHTS = "tests/portal/test_rights.py"
CATALOGUE = "tests/tenants/test_catalogue.py"
SHARED = "tests/tenants/test_shared.py"
HOSTS = "tests/admin/test_hosts.py::test_the_database_itself"
POOL = "tests/tenants/test_pool.py::test_a_thousand_uses"
COLUMNS_OF = "tests/portal/test_columns.py"
# The quickest first: what the catalogue says, then what each role gets.
LINTS = tuple(
    f"{CATALOGUE}::test_{name}"
    for name in (
        "owner_and_staff_policies",
        "portal_policies_compare",
        "the_portal_has_rights_only",
        "the_roles_may_no_more",
        "who_may_become_whom",
        "no_role_can_make",
    )
)
ORGANIZATION = (*LINTS[:3], WALL, RIGHTS, CATALOGUE)
OF_SHARED = (SHARED, HOSTS, WALL, "tests/tenants/test_hosts.py", "tests/tenants/test_queue.py")
VERBS = ("SELECT", "INSERT", "UPDATE", "DELETE")


def mutants(fixtures: dict) -> list[Mutant]:
    """Every mutant of the database."""
    schema = f"org_{fixtures['template'][0]['harbor']}"
    # Nobody may be connected to the template while it is copied.
    with fixtures["cluster"].connect(TEMPLATE) as connection:

        def ask(query: str, *values) -> list[tuple]:
            return connection.execute(query, values).fetchall()

        parts = (_policies, _forcing, _rights, _shared, _roles, _functions, _references)
        return [mutant for part in parts for mutant in part(ask, schema)]


POLICIES = "SELECT tablename, policyname, cmd, roles FROM pg_policies WHERE schemaname = %s ORDER BY 1, 2"


def _policies(ask, schema: str) -> Iterator[Mutant]:
    for table, policy, command, roles in ask(POLICIES, schema):
        where = f'{policy} ON {{schema}}."{table}"'
        yield Mutant("policy", f"{table}.{policy} dropped", ORGANIZATION, f"DROP POLICY {where}")
        if roles[0].endswith("_portal"):
            opened = "WITH CHECK (true)" if command == "INSERT" else "USING (true)"
            yield Mutant("policy", f"{table}.{policy} is true", ORGANIZATION, f"ALTER POLICY {where} {opened}")


WALLED = "SELECT relname FROM pg_class WHERE relnamespace = %s::regnamespace AND relrowsecurity ORDER BY 1"


def _forcing(ask, schema: str) -> Iterator[Mutant]:
    for (table,) in ask(WALLED, schema):
        for words in ("NO FORCE", "DISABLE"):
            statement = f'ALTER TABLE {{schema}}."{table}" {words} ROW LEVEL SECURITY'
            yield Mutant("force", f"{table}: {words.lower()} row level security", (CATALOGUE, WALL), statement)


TABLES = "SELECT relname FROM pg_class WHERE relnamespace = %s::regnamespace AND relkind = 'r' ORDER BY 1"
# What a role holds on single columns, and on whole tables.
COLUMNS = """
SELECT c.relname, a.attname, x.privilege_type FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid,
  aclexplode(a.attacl) x JOIN pg_roles r ON r.oid = x.grantee
WHERE c.relnamespace = %s::regnamespace AND r.rolname = %s ORDER BY 1, 3, 2
"""
WHOLE = """
SELECT c.relname, x.privilege_type FROM pg_class c, aclexplode(c.relacl) x JOIN pg_roles r ON r.oid = x.grantee
WHERE c.relnamespace = %s::regnamespace AND r.rolname = %s ORDER BY 1, 2
"""


def _rights(ask, schema: str) -> Iterator[Mutant]:
    """The portal: each right taken away, and each given that it has not. The desk: each that it must not have."""
    for table, column, verb in ask(COLUMNS, schema, f"{schema}_portal"):
        statement = f'REVOKE {verb} ("{column}") ON {{schema}}."{table}" FROM {{portal}}'
        tests = (COLUMNS_OF, RIGHTS)
        yield Mutant("right", f"portal: {verb.lower()} {table}.{column} taken away", tests, statement)
    whole = ask(WHOLE, schema, f"{schema}_portal")
    for table, verb in whole:
        if table != "alembic_version":
            statement = f'REVOKE {verb} ON {{schema}}."{table}" FROM {{portal}}'
            yield Mutant("right", f"portal: {verb.lower()} {table} taken away", (COLUMNS_OF,), statement)
    for (table,) in ask(TABLES, schema):
        for verb in VERBS:
            if (table, verb) not in whole:
                statement = f'GRANT {verb} ON {{schema}}."{table}" TO {{portal}}'
                yield Mutant("right", f"portal: {verb.lower()} {table} given", (COLUMNS_OF, WALL), statement)
    held = ask(WHOLE, schema, schema)
    for (table,) in ask(TABLES, schema):
        for verb in VERBS:
            if (table, verb) not in held:
                statement = f'GRANT {verb} ON {{schema}}."{table}" TO {{schema}}'
                yield Mutant("right", f"desk: {verb.lower()} {table} given", (WALL, CATALOGUE), statement)


def _shared(ask, schema: str) -> Iterator[Mutant]:
    """The tables that exist once for all organizations."""
    for table, policy, command, _ in ask(POLICIES, "shared"):
        where = f'{policy} ON shared."{table}"'
        yield Mutant("shared", f"{table}.{policy} dropped", OF_SHARED, f"DROP POLICY {where}")
        if policy.startswith("own_"):
            opened = {"INSERT": "WITH CHECK (true)", "UPDATE": "USING (true) WITH CHECK (true)"}
            statement = f"ALTER POLICY {where} {opened.get(command, 'USING (true)')}"
            yield Mutant("shared", f"{table}.{policy} is true", OF_SHARED, statement)
    for (table,) in ask(WALLED, "shared"):
        for words in ("NO FORCE", "DISABLE"):
            statement = f'ALTER TABLE shared."{table}" {words} ROW LEVEL SECURITY'
            yield Mutant("shared", f"{table}: {words.lower()} row level security", OF_SHARED, statement)
    for role in ("deskhand_app", "deskhand_org", "deskhand_portal"):
        held = ask(WHOLE, "shared", role)
        for (table,) in ask(TABLES, "shared"):
            for verb in VERBS:
                if (table, verb) not in held:
                    statement = f'GRANT {verb} ON shared."{table}" TO {role}'
                    yield Mutant("shared", f"{role}: {verb.lower()} {table} given", OF_SHARED, statement)


LOGINS = ("deskhand_app", "deskhand_portal")


def _roles(ask, schema: str) -> Iterator[Mutant]:
    tests = (*LINTS[3:], WALL, CATALOGUE)
    for role in (*LOGINS, "{schema}", "{portal}"):
        for right in ("SUPERUSER", "BYPASSRLS", "CREATEROLE", "CREATEDB", "REPLICATION"):
            name = f"{role.strip('{}')}: {right.lower()}"
            yield Mutant("role", name, tests, roles=(f"ALTER ROLE {role} {right}", f"ALTER ROLE {role} NO{right}"))
    for role in LOGINS:
        given = (f"ALTER ROLE {role} INHERIT", f"ALTER ROLE {role} NOINHERIT")
        yield Mutant("role", f"{role}: inherits", tests, roles=given)
        path = f"ALTER ROLE {role} IN DATABASE {{database}} RESET search_path"
        yield Mutant("role", f"{role}: has a path before it has entered", (POOL,), path)
    for what, group, member in (
        ("the portal's login becomes staff", "{schema}", "deskhand_portal"),
        ("an organization's portal becomes staff", "{schema}", "{portal}"),
        ("an organization becomes another", '"{other}"', "{schema}"),
    ):
        given = (f"GRANT {group} TO {member}", f"REVOKE {group} FROM {member}")
        if "{other}" in group:
            # Only one way: roles cannot be members of each other.
            first, second = (f"org_{key}" for key in _keys(ask))
            given = (f'GRANT "{first}" TO "{second}"', f'REVOKE "{first}" FROM "{second}"')
        yield Mutant("role", what, tests, roles=given)
    for role in ("{schema}", "{portal}", *LOGINS):
        statement = f"GRANT CREATE ON SCHEMA {{schema}} TO {role}"
        yield Mutant("role", f"{role.strip('{}')}: creates in the schema", tests, statement)
    yield Mutant("role", "a login uses every schema", (SHARED,), "GRANT USAGE ON SCHEMA {schema} TO deskhand_app")


def _keys(ask) -> list[str]:
    return [key for (key,) in ask("SELECT key FROM shared.organization ORDER BY slug")]


def _functions(ask, schema: str) -> Iterator[Mutant]:
    for name, setting, kind, nothing in (
        ("viewer_companies", "app.companies", "bigint[]", "'{}'"),
        ("viewer_contact", "app.contact_id", "bigint", "'0'"),
    ):
        silent = f"coalesce(nullif(pg_catalog.current_setting('{setting}', true), ''), {nothing})::{kind}"
        body = f"BEGIN RETURN {silent}; END"
        head = f"CREATE OR REPLACE FUNCTION extensions.{name}() RETURNS {kind} LANGUAGE plpgsql STABLE"
        quiet = f"{head} SET search_path = '' AS $$ {body} $$"
        yield Mutant("function", f"{name} does not raise", (WALL,), quiet)
        loose = f"ALTER FUNCTION extensions.{name}() RESET search_path"
        yield Mutant("function", f"{name} looks up names anywhere", (CATALOGUE,), loose)
        maker = f"ALTER FUNCTION extensions.{name}() SECURITY DEFINER"
        yield Mutant("function", f"{name} runs with its maker's rights", (CATALOGUE,), maker)


REFERENCES = """
SELECT c.relname, k.conname FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
WHERE k.contype = 'f' AND k.connamespace = %s::regnamespace AND array_length(k.conkey, 1) > 1 ORDER BY 1, 2
"""


def _references(ask, schema: str) -> Iterator[Mutant]:
    for table, constraint in ask(REFERENCES, schema):
        statement = f'ALTER TABLE {{schema}}."{table}" DROP CONSTRAINT "{constraint}"'
        yield Mutant("reference", f"{constraint} dropped", (WALL, CATALOGUE), statement)


FILES = (*ORGANIZATION, *OF_SHARED, POOL, COLUMNS_OF)
