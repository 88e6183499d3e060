"""The host names of an organization: asked for by its administrator, proved by a DNS record, verified by an operator.

A host that is only asked for leads nowhere and keeps nobody else from it. Once verified it belongs to one organization;
removed, it stays with that organization for `HOLD`, so that no stranger takes over what old links still point to.
"""

import ipaddress
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy import Connection, delete, func, insert, select, text, update

from . import engines, resolve
from .db import tenancy
from .models import Host
from .resolve import LABEL, normal_host
from .scope import central

_COLUMNS = Host.name, Host.token, Host.verified_at, Host.removed_at

HOLD = timedelta(days=30)
MOST_CLAIMS = 20
# The DNS record that shows who may speak for a name.
RECORD, VALUE = "_deskhand.{name}", "deskhand-verification={token}"

# Endings under which strangers register names: nobody owns the ending itself. The full list is long; these are the
# ones that a customer's name could be mistaken for.
ENDINGS = frozenset(
    f"{second}.{top}"
    for top, seconds in {
        "uk": "co org ac gov ltd me net plc sch",
        "au": "com net org edu gov id",
        "nz": "co net org ac govt",
        "za": "co org net ac",
        "jp": "co ne or ac go",
        "kr": "co or ne ac go",
        "br": "com net org gov",
        "in": "co net org firm",
        "tr": "com net org bel",
        "at": "co or ac gv",
        "pl": "com net org edu",
        "mx": "com net org",
        "cn": "com net org",
        "il": "co org ac",
        "com": "uk us eu de",
    }.items()
    for second in seconds.split()
)


class HostRefused(ValueError):
    """A host cannot be had; `code` says why without telling anything about other organizations.

    'format' (no host name), 'full' (no dot in it), 'unusable' (not for you, whoever has it), 'mine' (in the list
    already), 'many' (too many unproved), 'here' (the host in use), 'unknown' (not in the list).
    """

    def __init__(self, code: str, name: str = ""):
        super().__init__(f"The host {name!r} is refused: {code}.")
        self.code, self.name = code, name


@dataclass(frozen=True)
class Listed:
    """One host of the organization and how it stands with it."""

    name: str
    verified_at: datetime | None
    removed_at: datetime | None
    record: str
    value: str

    @property
    def state(self) -> str:
        """'waiting' for its proof, in 'use', or 'removed'."""
        return "removed" if self.removed_at else "use" if self.verified_at else "waiting"

    @property
    def held_until(self) -> datetime | None:
        return self.removed_at + HOLD if self.removed_at else None


def listed() -> list[Listed]:
    """The hosts of this organization, by name."""
    with central() as connection:
        return _mine(connection)


def _mine(connection: Connection) -> list[Listed]:
    mine = select(*_COLUMNS).where(Host.organization == tenancy().key).order_by(Host.name)
    return [_listed(row) for row in connection.execute(mine)]


def _listed(row) -> Listed:
    record, value = RECORD.format(name=row.name), VALUE.format(token=row.token)
    return Listed(row.name, row.verified_at, row.removed_at, record, value)


def claim(given: str) -> Listed:
    """Ask for a host in the name of this organization; it leads nowhere until it is verified. Raises `HostRefused`.

    The organization is the one of the transaction: the database itself admits no other, and no verified host.
    """
    name = _judged(given)
    with central() as connection:
        mine = {host.name: host for host in _mine(connection)}
        if name in mine:
            raise HostRefused("mine", name)
        if sum(host.verified_at is None for host in mine.values()) >= MOST_CLAIMS:
            raise HostRefused("many", name)
        if _others(name, tenancy().key):
            raise HostRefused("unusable", name)
        values = {"name": name, "organization": tenancy().key, "token": secrets.token_urlsafe(24)}
        return _listed(connection.execute(insert(Host).values(values).returning(*_COLUMNS)).one())


def remove(name: str, in_use: str) -> None:
    """Take a host out of this organization's list; `in_use` is the host of the request, which stays."""
    with central() as connection:
        host = next((host for host in _mine(connection) if host.name == name), None)
        if host is None or host.removed_at is not None:
            raise HostRefused("unknown", name)
        if name == normal_host(in_use):
            raise HostRefused("here", name)
        this = (Host.organization == tenancy().key) & (Host.name == name)
        if host.verified_at is None:
            connection.execute(delete(Host).where(this))
        else:
            connection.execute(update(Host).where(this).values(removed_at=func.now()))
    resolve.forget()


def verify(slug: str, given: str, *, related: bool = False) -> Listed:
    """Verify a host as the operator who has seen its DNS record. Raises `HostRefused`.

    A name above or below another organization's host takes `related`: there two organizations share a domain.
    """
    key, name = resolve.organization(slug).key, normal_host(given)
    with engines.engine("main", "owner").begin() as connection:
        row = connection.execute(select(Host.name).where(Host.organization == key, Host.name == name)).first()
        if row is None:
            raise HostRefused("unknown", name)
        left = (Host.name == name) & (Host.organization != key) & (Host.removed_at < func.now() - HOLD)
        connection.execute(delete(Host).where(left))
        others = _others(name, key)
        if name in others or (others and not related):
            raise HostRefused("unusable", name)
        this = (Host.organization == key) & (Host.name == name)
        kept = update(Host).where(this).values(verified_at=func.now(), removed_at=None).returning(*_COLUMNS)
        found = connection.execute(kept).one()
    resolve.forget()
    return _listed(found)


def of(slug: str) -> list[Listed]:
    """The hosts of an organization, for an operator."""
    key = resolve.organization(slug).key
    with engines.engine("main", "desk").connect() as connection:
        rows = connection.execute(select(*_COLUMNS).where(Host.organization == key).order_by(Host.name)).all()
    return [_listed(row) for row in rows]


def _judged(given: str) -> str:
    """The name in its normal form; raises `HostRefused` for one that nobody may have."""
    name = normal_host(given.strip())
    labels = name.split(".")
    if len(name) > 253 or not name or not all(LABEL.fullmatch(label) for label in labels) or _is_address(name):
        raise HostRefused("format", given[:100])
    if len(labels) < 2:
        raise HostRefused("full", name)
    apex = normal_host(current_app.config.get("DESKHAND_DOMAIN", ""))
    ours = apex and (name == apex or name.endswith(f".{apex}"))
    if ours or name in ENDINGS or labels[-1] == "localhost" or _mixes_scripts(name):
        raise HostRefused("unusable", name)
    return name


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return name.rpartition(".")[2].isdigit()
    return True


def _mixes_scripts(name: str) -> bool:
    """Whether a part of the name is written in two scripts, such as a Latin word with one Cyrillic letter in it."""
    try:
        readable = name.encode("ascii").decode("idna")
    except UnicodeError:
        return True
    for label in readable.split("."):
        scripts = {unicodedata.name(sign, "?").partition(" ")[0] for sign in label if sign.isalpha()}
        if len(scripts) > 1 and scripts & {"LATIN", "CYRILLIC", "GREEK", "ARMENIAN"}:
            return True
    return False


def _others(name: str, key: str) -> set[str]:
    """Hosts of other organizations that are this name, or above or below it; those removed long ago are free."""
    labels = name.split(".")
    above = [".".join(labels[start:]) for start in range(len(labels) - 1)]
    rows = text(
        "SELECT name FROM shared.host WHERE organization <> :key AND verified_at IS NOT NULL"
        " AND (removed_at IS NULL OR removed_at > now() - make_interval(days => :days))"
        " AND (name = ANY (:above) OR right(name, length(:below)) = :below)"
    )
    values = {"key": key, "days": HOLD.days, "above": above, "below": f".{name}"}
    with engines.engine("main", "desk").connect() as connection:
        return set(connection.scalars(rows, values))
