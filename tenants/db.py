"""The session, the two families of tables, and the one statement that puts a transaction inside an organization.

`Shared` tables live in the schema "shared" and are read only by this package. `Tenanted` tables have no schema:
which organization's rows they mean is decided by the search path that `after_begin` sets for one transaction.
"""

from dataclasses import dataclass

from flask import g, has_app_context
from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session
from psycopg.errors import InsufficientPrivilege
from sqlalchemy import CursorResult, MetaData, event, func, select
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import DeclarativeBase

from . import engines

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Shared(DeclarativeBase):
    """A table that exists once for all organizations."""

    metadata = MetaData(schema="shared", naming_convention=NAMES)


class Tenanted(DeclarativeBase):
    """A table that exists once in each organization's schema."""

    metadata = MetaData(naming_convention=NAMES)


class NoTenant(RuntimeError):
    """A query was made outside any organization: refused, never answered from a default."""


class Suspended(RuntimeError):
    """The organization is suspended: the logins have lost the right to enter it."""


@dataclass(frozen=True)
class Tenancy:
    """Which organization this app context works in, through which login, and for which portal viewer."""

    key: str
    slug: str = ""
    name: str = ""
    shard: str = "main"
    sealed_as: str = ""
    # Whether its tables are at this program's own revision: one older or newer is served too.
    current: bool = True
    login: str = "desk"
    contact_id: int | None = None
    seconds: int = 15

    @property
    def schema(self) -> str:
        return f"org_{self.key}"

    @property
    def role(self) -> str:
        return f"org_{self.key}_portal" if self.login == "portal" else f"org_{self.key}"


def tenancy() -> Tenancy:
    """The organization this app context is in; raises `NoTenant` where none was entered."""
    found = g.get("tenancy") if has_app_context() else None
    if found is None:
        raise NoTenant("No organization was entered.")
    return found


class TenantSession(Session):
    """A session whose connection comes from the organization's own database server and login."""

    def get_bind(self, mapper=None, *, clause=None, bind=None, **kw):
        here = tenancy()
        return engines.engine(here.shard, here.login)


db = SQLAlchemy(session_options={"class_": TenantSession})


def fetch(statement, values: dict | None = None) -> CursorResult:
    """The rows of a statement of columns: without the session's book-keeping of records it costs half as much.

    What the session has not flushed is not seen.
    """
    return db.session.connection().execute(statement, values or {})


def set_for_transaction(**settings: str) -> None:
    """Settings of PostgreSQL that hold until this transaction ends, such as `work_mem="64MB"`."""
    fetch(select(*[func.set_config(name, value, True) for name, value in settings.items()]))


# The statement that reads a portal viewer's companies; the noun that owns memberships sets it at start-up,
# since this storey knows no noun.
portal_prelude: list[str] = []

_PRELUDE = (
    "SELECT set_config('role', %s, true), set_config('search_path', %s, true),"
    " set_config('app.contact_id', %s, true), set_config('app.companies', '{}', true),"
    " set_config('statement_timeout', %s, true)"
)


def enter_transaction(connection, here: Tenancy) -> None:
    """Put this connection's current transaction inside the organization; commit or rollback undoes it.

    Raises `Suspended`.
    """
    contact = "" if here.contact_id is None else str(here.contact_id)
    path = f'"{here.schema}", extensions'
    try:
        connection.exec_driver_sql(_PRELUDE, (here.role, path, contact, f"{here.seconds}s"))
    except ProgrammingError as error:
        if isinstance(error.orig, InsufficientPrivilege):
            raise Suspended(f"The organization {here.slug or here.key} is suspended.") from error
        raise
    if here.login == "portal":
        for statement in portal_prelude:
            connection.exec_driver_sql(statement)
    engines.count_organization(connection, here.key)


@event.listens_for(TenantSession, "after_begin")
def _after_begin(session, transaction, connection):
    if not connection.in_nested_transaction():
        enter_transaction(connection, tenancy())
