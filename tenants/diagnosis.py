"""What `deskhand doctor` looks at in the database: logins, rights, extensions and migrations."""

from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from . import checks, engines, migrate

SHOWN = 10


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: 'ok', 'warning' or 'fault', in a sentence, and how to mend it."""

    check: str
    state: str
    sentence: str
    mend: str = ""


def fault(check: str, sentence: str, mend: str) -> Finding:
    """Something does not work."""
    return Finding(check, "fault", sentence, mend)


def warning(check: str, sentence: str, mend: str) -> Finding:
    """Something works, but should not stay so."""
    return Finding(check, "warning", sentence, mend)


def otherwise(check: str, found: Iterable[Finding], sentence: str) -> Iterator[Finding]:
    """What was found, or that all is well."""
    found = list(found)
    yield from found or [Finding(check, "ok", sentence)]


# What a check finds, one after the other; it returns whether those that rest on it have a sense.
Findings = Generator[Finding, None, bool]


def some(names: Iterable[str]) -> str:
    """The first few of many names, and how many more there are."""
    names = list(names)
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more


def reason(error: Exception) -> str:
    """What the server said, in its first line."""
    return str(getattr(error, "orig", None) or error).strip().splitlines()[0]


def database() -> Findings:
    """The server and its three logins."""
    try:
        with engines.engine("main", "owner").connect() as connection:
            yield from otherwise("owner", _owner(connection), "The role of DATABASE_URL has the rights it needs.")
    except engines.OwnerURLMissing:
        mend = (
            "Set it to postgresql://owner:password@host/name. To look at what `make run` has started, run that first."
        )
        yield fault("database", "DATABASE_URL is not set.", mend)
        return False
    except (SQLAlchemyError, OSError) as error:
        mend = "Start PostgreSQL, or correct DATABASE_URL: postgresql://owner:password@host/name."
        yield fault("database", f"The database of DATABASE_URL cannot be reached: {reason(error)}", mend)
        return False
    try:
        mend = "Update the server, or as a superuser: ALTER ROLE … NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOINHERIT;"
        found = [fault("logins", sentence, mend) for sentence in checks.problems()]
    except FileNotFoundError as error:
        sentence = f"The passwords of the two logins are missing: {error.filename}."
        mend = "Run `deskhand migrate`, or copy logins.json from the home folder of the installation's other machine."
        found = [fault("logins", sentence, mend)]
    except (SQLAlchemyError, ValueError, LookupError) as error:
        mend = "Run `deskhand migrate` with this home folder: it sets the passwords of the two logins."
        found = [fault("logins", f"The logins cannot connect: {reason(error)}", mend)]
    yield from otherwise("logins", found, "The server is new enough, and its two logins own and inherit nothing.")
    return True


def _owner(connection: Connection) -> Iterator[Finding]:
    """What the role of DATABASE_URL must be able to do, and should not be."""
    row = connection.execute(
        text(
            "SELECT rolname, rolsuper, rolcreaterole, rolbypassrls, current_database() AS database,"
            " has_database_privilege(current_database(), 'CREATE') AS creates,"
            " current_setting('server_encoding') AS encoding, current_setting('server_version_num')::int AS version"
            " FROM pg_roles WHERE rolname = current_user"
        )
    ).one()
    if row.rolsuper:
        sentence = f"The role {row.rolname} of DATABASE_URL is a superuser, which nothing here needs."
        yield warning("owner", sentence, "Use a role with CREATEROLE that owns the database (docs/operating.md).")
    if not (row.rolcreaterole or row.rolsuper):
        sentence = f"The role {row.rolname} may not create roles, and each organization needs two."
        yield fault("owner", sentence, f"As a superuser: ALTER ROLE {row.rolname} CREATEROLE;")
    if not row.creates:
        sentence = f"The role {row.rolname} may not create schemas in the database {row.database}."
        mend = f"As its owner: GRANT CREATE ON DATABASE {row.database} TO {row.rolname};"
        yield fault("owner", sentence, mend)
    if row.rolbypassrls and not row.rolsuper:
        sentence = f"The role {row.rolname} passes row-level security, which nothing here needs."
        yield warning("owner", sentence, f"As a superuser: ALTER ROLE {row.rolname} NOBYPASSRLS;")
    if row.encoding != "UTF8":
        sentence = f"The database is encoded in {row.encoding}, so that some names cannot be kept."
        yield fault("owner", sentence, "Make a database with ENCODING 'UTF8' and bring the data there.")
    if row.version >= 160000 and (strange := list(connection.scalars(text(_NOT_ADMINISTERED)))):
        sentence = f"The role {row.rolname} may not grant these roles: {some(strange)}."
        mend = f"As a superuser: GRANT … TO {row.rolname} WITH ADMIN OPTION; for each of them."
        yield fault("owner", sentence, mend)


_NOT_ADMINISTERED = (
    "SELECT rolname FROM pg_roles WHERE (rolname ~ '^org_[a-z][0-9a-f]{10}(_portal)?$'"
    " OR rolname IN ('deskhand_org', 'deskhand_app', 'deskhand_portal'))"
    " AND NOT pg_has_role(oid, 'MEMBER WITH ADMIN OPTION') ORDER BY 1"
)


def migrations() -> Findings:
    """The shared schema and each organization's against the revisions this program brings."""
    with engines.engine("main", "owner").connect() as connection:
        shared = migrate.standing(connection, "shared")
        if shared == "missing":
            yield fault("migrations", "The database has no tables of Deskhand.", "Run `deskhand migrate`.")
            return False
        extension = connection.scalar(text(_EXTENSION))
        if extension != "extensions":
            where = "is missing" if extension is None else f"is in the schema {extension}, not in extensions"
            mend = (
                "As the database's owner: CREATE EXTENSION pg_trgm SCHEMA extensions; (or ALTER EXTENSION … SET SCHEMA)"
            )
            yield fault("extensions", f"The extension pg_trgm {where}.", mend)
        else:
            yield Finding("extensions", "ok", "The extension pg_trgm is where it is looked for.")
        standing = {"shared tables": shared}
        standing |= {slug: migrate.standing(connection, f"org_{key}") for slug, key, _ in organizations(connection)}
    found = []
    for state, what, mend in _STANDINGS:
        if names := [name for name, its in standing.items() if its == state]:
            found.append(fault("migrations", f"{what}: {some(names)}.", mend))
    well = f"All tables are at the newest revision ({len(standing) - 1} organizations)."
    yield from otherwise("migrations", found, well)
    return True


_EXTENSION = "SELECT nspname FROM pg_extension JOIN pg_namespace n ON n.oid = extnamespace WHERE extname = 'pg_trgm'"
_STANDINGS = (
    ("behind", "Behind this program's migrations", "Run `deskhand migrate`."),
    ("ahead", "Migrated by a newer program than this one", "Install the newer version here too."),
    ("missing", "Without tables", "Restore the schema from a backup."),
)


def organizations(connection: Connection) -> list[tuple[str, str, str]]:
    """Slug, key and state of every organization."""
    return [
        tuple(row) for row in connection.execute(text("SELECT slug, key, state FROM shared.organization ORDER BY 1"))
    ]
