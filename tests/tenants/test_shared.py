"""The tables that exist once for all organizations: who may do what with them, said apart from the migration."""

import pytest

# Role -> table -> what it may do with whole rows. Columns in brackets limit a verb to them.
RIGHTS = {
    "deskhand_app": {
        "alembic_version": {"SELECT"},
        "organization": {"SELECT"},
        "host": {"SELECT"},
        "mail_address": {"SELECT"},
        "shard": {"SELECT"},
        "wake": {"SELECT", "DELETE"},
    },
    "deskhand_org": {
        "host": {"SELECT", "DELETE", "INSERT (name)", "INSERT (organization)", "INSERT (token)", "UPDATE (removed_at)"},
        "wake": {"INSERT"},
    },
    "deskhand_portal": {},
}
# Table -> policy -> the role it is for.
POLICIES = {
    "host": {
        "owner_all": "deskhand_owner",
        "resolver": "deskhand_app",
        "own_hosts": "deskhand_org",
        "own_claim": "deskhand_org",
        "own_claim_dropped": "deskhand_org",
        "own_host_removed": "deskhand_org",
    },
    "wake": {"owner_all": "deskhand_owner", "dispatcher": "deskhand_app", "own_organization": "deskhand_org"},
}


@pytest.mark.threat("T-001", "T-009")
def test_each_role_has_these_rights_and_no_other(shared_world):
    whole = shared_world.sql(
        "SELECT r.rolname AS role, c.relname AS name, x.privilege_type AS verb FROM pg_class c, aclexplode(c.relacl) x"
        " LEFT JOIN pg_roles r ON r.oid = x.grantee WHERE c.relnamespace = 'shared'::regnamespace AND c.relkind = 'r'"
    )
    single = shared_world.sql(
        "SELECT r.rolname AS role, c.relname AS name, x.privilege_type || ' (' || a.attname || ')' AS verb"
        " FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid, aclexplode(a.attacl) x"
        " LEFT JOIN pg_roles r ON r.oid = x.grantee WHERE c.relnamespace = 'shared'::regnamespace"
    )
    found: dict[str, dict[str, set[str]]] = {role: {} for role in RIGHTS}
    for row in whole + single:
        if row["role"] != "deskhand_owner":
            found.setdefault(row["role"], {}).setdefault(row["name"], set()).add(row["verb"])
    assert found == RIGHTS


@pytest.mark.threat("T-009")
def test_what_organizations_write_to_is_behind_a_wall(shared_world):
    walled = shared_world.sql(
        "SELECT relname, relrowsecurity AND relforcerowsecurity AS forced FROM pg_class"
        " WHERE relnamespace = 'shared'::regnamespace AND relkind = 'r' AND relrowsecurity"
    )
    assert {row["relname"]: row["forced"] for row in walled} == dict.fromkeys(POLICIES, True)
    found: dict[str, dict[str, str]] = {}
    for row in shared_world.sql("SELECT * FROM pg_policies WHERE schemaname = 'shared'"):
        (role,) = row["roles"]
        found.setdefault(row["tablename"], {})[row["policyname"]] = role
        words = f"{row['qual']} {row['with_check']}"
        assert role != "deskhand_org" or "organization" in words, f"{row['policyname']} is for every organization"
    assert found == POLICIES


@pytest.mark.threat("T-009")
def test_each_schema_is_used_by_these_roles_and_no_other(shared_world):
    wanted = {("shared", "deskhand_app"), ("shared", "deskhand_org"), ("extensions", "PUBLIC")}
    for slug in ("harbor", "summit"):
        schema = shared_world.schema(slug)
        wanted |= {(schema, schema), (schema, f"{schema}_portal")}
    rows = shared_world.sql(
        "SELECT n.nspname AS schema, coalesce(r.rolname, 'PUBLIC') AS role, x.privilege_type AS verb"
        " FROM pg_namespace n, aclexplode(n.nspacl) x LEFT JOIN pg_roles r ON r.oid = x.grantee"
        " WHERE n.nspname IN ('shared', 'extensions') OR n.nspname LIKE 'org\\_%'"
    )
    found = {(row["schema"], row["role"]) for row in rows if row["role"] != "deskhand_owner"}
    assert found == wanted
    assert {row["verb"] for row in rows if row["role"] != "deskhand_owner"} == {"USAGE"}
