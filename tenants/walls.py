"""What `deskhand doctor` looks at in the catalogue: roles, grants and row-level security of every organization."""

from sqlalchemy import text

from . import engines
from .diagnosis import Findings, fault, otherwise, some

# What the queries below ask: which roles there should be, who is a member of what, which tables and rights there are.
_SOURCES = """
WITH wanted AS (
  SELECT o.slug, o.state, names.role, names.login FROM shared.organization o, LATERAL (VALUES
    ('org_' || o.key, 'deskhand_app'), ('org_' || o.key || '_portal', 'deskhand_portal')) AS names (role, login)
), members AS (
  SELECT r.rolname AS role, l.rolname AS login FROM pg_auth_members m
  JOIN pg_roles r ON r.oid = m.roleid JOIN pg_roles l ON l.oid = m.member
), tables AS (
  SELECT o.slug, n.nspname AS staff, n.nspname || '_portal' AS portal, c.oid, c.relname, c.relowner, c.relacl,
    c.relrowsecurity AND c.relforcerowsecurity AS walled
  FROM shared.organization o JOIN pg_namespace n ON n.nspname = 'org_' || o.key
  JOIN pg_class c ON c.relnamespace = n.oid AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
), rights AS (
  SELECT t.*, coalesce(g.rolname, 'PUBLIC') AS grantee FROM (
    SELECT t.slug, t.staff, t.portal, t.relname, t.relowner, t.walled, (aclexplode(t.relacl)).grantee AS who
    FROM tables t UNION
    SELECT t.slug, t.staff, t.portal, t.relname, t.relowner, t.walled, (aclexplode(a.attacl)).grantee
    FROM tables t JOIN pg_attribute a ON a.attrelid = t.oid WHERE a.attacl IS NOT NULL
  ) t LEFT JOIN pg_roles g ON g.oid = who WHERE who <> relowner
)
"""

# Each query answers with names; none is how it must be.
_WALLS = (
    (
        "SELECT role FROM wanted WHERE role NOT IN (SELECT rolname FROM pg_roles)",
        "Roles are missing",
        "Restore them from the backup of the roles (pg_dumpall --roles-only).",
    ),
    (
        "SELECT role FROM wanted JOIN pg_roles r ON r.rolname = role"
        " WHERE rolcanlogin OR rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb",
        "Roles of organizations have rights of their own",
        "As a superuser: ALTER ROLE … NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOCREATEDB; for each of them.",
    ),
    (
        "SELECT slug || ' (' || login || ')' FROM wanted WHERE state = 'active'"
        " AND (role, login) NOT IN (SELECT role, login FROM members)",
        "Organizations that are active, but cannot be entered",
        "Run `deskhand org resume` for each of them.",
    ),
    (
        "SELECT slug || ' (' || login || ')' FROM wanted WHERE state = 'suspended'"
        " AND (role, login) IN (SELECT role, login FROM members)",
        "Organizations that are suspended, but can be entered",
        "Run `deskhand org suspend` for each of them.",
    ),
    (
        "SELECT login || ' in ' || role FROM members"
        " WHERE (login IN ('deskhand_app', 'deskhand_portal') OR login ~ '^org_[a-z][0-9a-f]{10}(_portal)?$')"
        " AND NOT (role = 'deskhand_org' AND login LIKE 'org%')"
        " AND NOT (login = 'deskhand_app' AND role ~ '^org_[a-z][0-9a-f]{10}$')"
        " AND NOT (login = 'deskhand_portal' AND role ~ '^org_[a-z][0-9a-f]{10}_portal$')",
        "Logins and roles are members where they must not be",
        "As a superuser: REVOKE … FROM …; for each of them.",
    ),
    (
        "SELECT DISTINCT slug || '.' || relname FROM rights WHERE grantee = portal AND NOT walled",
        "Tables that the portal may use without row-level security",
        "As their owner: ALTER TABLE … ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY; for each of them.",
    ),
    (
        "SELECT DISTINCT relname FROM pg_class, aclexplode(relacl) acl LEFT JOIN pg_roles g ON g.oid = acl.grantee"
        " WHERE relnamespace = 'shared'::regnamespace AND relkind IN ('r', 'p')"
        " AND coalesce(g.rolname, 'PUBLIC') IN ('deskhand_org', 'PUBLIC')"
        " AND NOT (relrowsecurity AND relforcerowsecurity)",
        "Shared tables that every organization may use without row-level security",
        "As their owner: ALTER TABLE … ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY; for each of them.",
    ),
    (
        "SELECT DISTINCT slug || '.' || relname || ' (' || grantee || ')' FROM rights"
        " WHERE grantee ~ '^(org_|deskhand_|PUBLIC$)' AND grantee NOT IN (staff, portal)",
        "Tables of an organization on which others have rights",
        "As their owner: REVOKE ALL ON … FROM …; for each of them.",
    ),
    (
        "SELECT slug || '.' || relname FROM tables WHERE relowner <> (SELECT oid FROM pg_roles"
        " WHERE rolname = current_user)",
        "Tables that another role than that of DATABASE_URL owns",
        "As a superuser: ALTER TABLE … OWNER TO …; for each of them.",
    ),
    (
        "SELECT slug || '.' || relname || ' (' || policyname || ')' FROM pg_policies"
        " JOIN tables ON schemaname = staff AND tablename = relname"
        " WHERE (portal = ANY (roles) OR 'public' = ANY (roles)) AND coalesce(qual, with_check) = 'true'"
        " AND EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attname IN ('company_id', 'company_ids')"
        " AND (a.attrelid = tables.oid OR EXISTS (SELECT 1 FROM pg_constraint c"
        " WHERE c.confrelid = tables.oid AND c.conrelid = a.attrelid AND c.conkey = ARRAY[a.attnum])))",
        "Policies that show the portal the rows of every company",
        "As the owner: DROP POLICY … ON …; and restore it from a backup of the schema.",
    ),
)


def walls() -> Findings:
    """Roles, grants and row-level security as the catalogue has them now; names that break a rule are listed."""
    found = []
    with engines.engine("main", "owner").connect() as connection:
        for query, what, mend in _WALLS:
            if names := sorted(connection.scalars(text(_SOURCES + query))):
                found.append(fault("walls", f"{what}: {some(names)}.", mend))
    yield from otherwise("walls", found, "Roles, grants and row-level security are as they were made.")
    return True
