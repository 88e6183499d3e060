"""The database servers: each organization lives whole on one of them; 'main' has the lists of all."""

import json
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from . import checks, engines, migrate, whole_file


class ShardError(ValueError):
    """A server cannot be used; the sentence says why."""


@dataclass(frozen=True)
class Listed:
    """A server as an operator sees it: its address without a password, and how many organizations live there."""

    name: str
    address: str
    state: str
    organizations: int


def names() -> list[str]:
    """Every server, 'main' first."""
    with engines.engine("main", "desk").connect() as connection:
        found = connection.scalars(text("SELECT name FROM shared.shard ORDER BY name <> 'main', name"))
        return list(found)


def must_exist(name: str) -> None:
    """Raise `UnknownShard` unless there is a server of this name."""
    if name not in names():
        raise engines.UnknownShard(f"There is no server {name!r}.")


def listed() -> list[Listed]:
    """Every server with its state and its organizations, 'main' first."""
    rows = text(
        "SELECT s.name, coalesce(s.address, ''), s.state, count(o.key) FROM shared.shard s"
        " LEFT JOIN shared.organization o ON o.shard = s.name AND o.state <> 'deleted'"
        " GROUP BY s.name ORDER BY s.name <> 'main', s.name"
    )
    with engines.engine("main", "owner").connect() as connection:
        return [Listed(*row) for row in connection.execute(rows)]


def emptiest(but: str = "") -> str:
    """The open server with the fewest organizations, for the next one. Raises `ShardError` when none is open."""
    found = [shard for shard in listed() if shard.state == "open" and shard.name != but]
    if not found:
        raise ShardError("No server takes organizations: `deskhand shard add` one, or `deskhand shard open NAME`.")
    return min(found, key=lambda shard: shard.organizations).name


def add(name: str, address: str) -> Listed:
    """Make a database ready for organizations and list it. `address` is of its owner, with the password.

    The password stays in DESKHAND_HOME/shards.json of the machine where commands are run: web servers and workers have
    logins of their own and never need it. Raises `ShardError`.
    """
    if not migrate.NAME.fullmatch(name):
        raise ShardError(f"{name!r} is no name for a server: 2 to 40 letters a-z, digits and hyphens.")
    try:
        url = make_url(address.replace("postgres://", "postgresql://", 1))
    except ArgumentError as error:
        raise ShardError("The address must look like postgresql://owner:password@host:5432/name.") from error
    if url.get_backend_name() != "postgresql" or not url.database:
        raise ShardError("The address must look like postgresql://owner:password@host:5432/name.")
    shown = url._replace(drivername="postgresql", password=None).render_as_string()
    with engines.engine("main", "owner").begin() as connection:
        if connection.scalar(text("SELECT 1 FROM shared.shard WHERE name = :name"), {"name": name}):
            raise ShardError(f"There is already a server {name!r}.")
        values = {"name": name, "address": shown}
        connection.execute(text("INSERT INTO shared.shard (name, address) VALUES (:name, :address)"), values)
    _keep_password(name, url.password)
    try:
        _is_another(name)
        migrate.shared(name)
        if found := checks.problems(name):
            raise ShardError(" ".join(found))
    except (SQLAlchemyError, OSError, migrate.CannotMigrate, ShardError) as error:
        _forget(name)
        said = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        raise ShardError(f"{shown} cannot be used: {said}") from error
    return Listed(name, shown, "open", 0)


def set_state(name: str, state: str) -> None:
    """Let a server take organizations ('open'), or none any more ('draining'). Raises `ShardError`."""
    with engines.engine("main", "owner").begin() as connection:
        change = text("UPDATE shared.shard SET state = :state WHERE name = :name")
        if not connection.execute(change, {"state": state, "name": name}).rowcount:
            raise ShardError(f"There is no server {name!r}.")


def remove(name: str) -> None:
    """Take a server that holds no organization out of the list. Raises `ShardError`."""
    found = {shard.name: shard for shard in listed()}
    if name == "main" or name not in found:
        raise ShardError("The server 'main' stays." if name == "main" else f"There is no server {name!r}.")
    if found[name].organizations:
        raise ShardError(f"{name!r} still holds {found[name].organizations} organizations: `deskhand shard drain` it.")
    _forget(name)


def _forget(name: str) -> None:
    engines.dispose()
    with engines.engine("main", "owner").begin() as connection:
        connection.execute(text("DELETE FROM shared.shard WHERE name = :name"), {"name": name})
    _keep_password(name, None)


def _is_another(name: str) -> None:
    """One database under two names would make an organization's move to itself look like one that failed half-way."""
    query = text("SELECT current_database() || '/' || system_identifier FROM pg_control_system()")
    seen = {}
    for shard in names():
        with engines.engine(shard, "owner").connect() as connection:
            seen[shard] = connection.scalar(query)
    twin = next((shard for shard, database in seen.items() if shard != name and database == seen[name]), None)
    if twin:
        raise ShardError(f"it is the same database as the server {twin!r}.")


def _keep_password(name: str, password: str | None) -> None:
    kept = {**engines.owner_passwords(), name: password}
    path = engines.owner_passwords_file()
    whole_file.replace(path, json.dumps({shard: value for shard, value in kept.items() if value}))
