"""What must be true of the database before anything is served from it."""

from sqlalchemy import text

from . import engines

# Below these, published faults let row-level security be passed (CVE-2023-2455, CVE-2024-10976, CVE-2025-8713).
MINIMUM = {15: 14, 16: 10, 17: 6}


class Unfit(RuntimeError):
    """The database may not be served from; each line says what to do."""


def check() -> None:
    """Raise `Unfit` unless both logins own nothing, inherit nothing, and the server is new enough."""
    if found := problems():
        raise Unfit("\n".join(found))


def problems(shard: str = "main") -> list[str]:
    """What is wrong with a server and the two logins there, a sentence each that says what to do."""
    found = []
    for login in ("desk", "portal"):
        with engines.engine(shard, login).connect() as connection:
            row = connection.execute(
                text(
                    "SELECT rolname, rolsuper, rolbypassrls, rolcreaterole, rolinherit,"
                    " current_setting('server_version_num')::int AS version,"
                    " pg_catalog.pg_get_userbyid(datdba) = current_user AS owner"
                    " FROM pg_catalog.pg_roles, pg_catalog.pg_database"
                    " WHERE rolname = current_user AND datname = current_database()"
                )
            ).one()
        major, minor = divmod(row.version, 10000)
        if major < 15 or minor < MINIMUM.get(major, 0):
            found.append(f"PostgreSQL {major}.{minor} is too old: use 15.14, 16.10, 17.6, 18 or newer.")
        if row.rolsuper or row.rolbypassrls or row.rolcreaterole or row.rolinherit or row.owner:
            found.append(
                f"The login {row.rolname} has more rights than it may have: it must be NOINHERIT, no superuser,"
                " without BYPASSRLS and CREATEROLE, and must not own the database. Run `deskhand migrate`."
            )
    return sorted(set(found))
