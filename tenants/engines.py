"""One SQLAlchemy engine for each database server and login, made when first asked for.

Three logins reach a server: the *owner* (migrations and provisioning only, by DATABASE_URL), *desk* (staff, API,
jobs) and *portal*. Desk and portal own nothing and inherit nothing: without an organization they can read nothing.
"""

import json
import secrets
from pathlib import Path

from flask import current_app
from sqlalchemy import NullPool, create_engine, event, text
from sqlalchemy.engine import URL, Engine, make_url

from . import whole_file

LOGINS = {"desk": "deskhand_app", "portal": "deskhand_portal"}

# A server connection keeps about 25 KiB for every table it ever touched, in every organization, and nothing
# limits it: a pooled connection is retired after this many organizations.
ORGANIZATIONS_PER_CONNECTION = 150


class OwnerURLMissing(RuntimeError):
    """DATABASE_URL is not set."""


def owner_url() -> URL:
    """DATABASE_URL as SQLAlchemy reads it, with the driver named."""
    given = current_app.config["DATABASE_URL"]
    if not given:
        raise OwnerURLMissing(
            "DATABASE_URL is not set: give the address of PostgreSQL as the role that owns the tables."
        )
    url = make_url(given.replace("postgres://", "postgresql://", 1))
    return url.set(drivername="postgresql+psycopg")


def engine(shard: str, login: str) -> Engine:
    """The engine for one database server ('main' is DATABASE_URL) and one login ('owner', 'desk', 'portal')."""
    cache = current_app.extensions.setdefault("deskhand.engines", {})
    if (shard, login) not in cache:
        cache[shard, login] = _make(_address(shard), login)
    return cache[shard, login]


class UnknownShard(LookupError):
    """No database server has this name."""


def dispose() -> None:
    """Close every pooled connection of this process (before a fork, after a test)."""
    for made in current_app.extensions.pop("deskhand.engines", {}).values():
        made.dispose()


def _address(shard: str) -> URL:
    """Where a database server is; servers but 'main' are listed in shared.shard."""
    if shard == "main":
        return owner_url()
    with engine("main", "desk").connect() as connection:
        found = connection.scalar(text("SELECT address FROM shared.shard WHERE name = :name"), {"name": shard})
    if not found:
        raise UnknownShard(f"There is no server {shard!r}.")
    return make_url(found).set(drivername="postgresql+psycopg", password=owner_passwords().get(shard))


def owner_passwords() -> dict[str, str]:
    """The passwords of the owners on the servers but 'main', where this machine has them."""
    path = owner_passwords_file()
    return json.loads(path.read_text()) if path.exists() else {}


def owner_passwords_file() -> Path:
    """Where they are kept: only who runs operators' commands needs this file."""
    return Path(current_app.config["DESKHAND_HOME"]) / "shards.json"


def _make(url: URL, login: str) -> Engine:
    if login != "owner":
        url = url.set(username=LOGINS[login], password=login_passwords()[LOGINS[login]])
    options = current_app.config.get("DATABASE_POOL", {"pool_size": 5, "max_overflow": 5, "pool_recycle": 1800})
    if login == "owner" or options is None:
        options = {"poolclass": NullPool}
    made = create_engine(
        url,
        pool_pre_ping=login != "owner" and "poolclass" not in options,
        # Preparing gains nothing while organizations alternate, and a plan of one schema fails in another.
        connect_args={"prepare_threshold": None, "application_name": f"deskhand {login}", "connect_timeout": 10},
        **options,
    )
    if login != "owner":
        event.listen(made, "checkin", _retire)
    return made


def count_organization(connection, key: str) -> None:
    """Remember that this server connection has now seen the organization `key`."""
    connection.info.setdefault("organizations", set()).add(key)


def _retire(dbapi_connection, record) -> None:
    if len(record.info.get("organizations", ())) > ORGANIZATIONS_PER_CONNECTION:
        record.invalidate()


def login_passwords() -> dict[str, str]:
    """The passwords of the two logins, kept in DESKHAND_HOME/logins.json for this installation only."""
    return json.loads(_logins_file().read_text())


def make_login_passwords() -> dict[str, str]:
    """Read the passwords of the two logins, or make them when this installation has none yet."""
    path = _logins_file()
    if not path.exists():
        whole_file.replace(path, json.dumps({name: secrets.token_urlsafe(32) for name in LOGINS.values()}))
    return login_passwords()


def _logins_file() -> Path:
    return Path(current_app.config["DESKHAND_HOME"]) / "logins.json"
