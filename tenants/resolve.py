"""From a host name to an organization. The only way a request finds one; an unknown host finds none."""

import re
import time
from dataclasses import dataclass
from threading import Lock

from sqlalchemy import text

from . import engines

SECONDS = 10
# One part of a host name between its dots.
LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")


@dataclass(frozen=True)
class Organization:
    """What the rest of the system may know of an organization: never its roles or schema."""

    key: str
    slug: str
    name: str
    shard: str = "main"
    # What is sealed for it is sealed under this name, and the revision of its tables.
    sealed_as: str = ""
    revision: str | None = None


class UnknownOrganization(LookupError):
    """No organization has this host, slug or key."""


_cache: dict[tuple, tuple[float, Organization | None]] = {}
_lock = Lock()


def normal_host(host: str) -> str:
    """A Host header as it stands in the hosts table: no port, no final dot, lower case, IDN in its ASCII form."""
    name = host.rsplit(":", 1)[0] if host.rpartition(":")[2].isdigit() else host
    name = name.strip().rstrip(".").lower()
    try:
        return name.encode("idna").decode("ascii") if not name.isascii() else name
    except UnicodeError:
        return ""


def by_host(host: str) -> Organization | None:
    """The organization whose verified host this is, or None. Remembered for at most ten seconds."""
    name = normal_host(host)
    return _remember(("host", name), _BY_HOST, name) if name else None


def organization(slug_or_key: str) -> Organization:
    """The organization with this slug or key; raises `UnknownOrganization`."""
    found = _read(_BY_NAME, slug_or_key)
    if found is None:
        raise UnknownOrganization(f"There is no organization {slug_or_key!r}.")
    return found


def forget() -> None:
    """Drop what is remembered in this process (after a host was added or removed)."""
    with _lock:
        _cache.clear()


_COLUMNS = "o.key, o.slug, o.name, o.shard, o.sealed_as, o.revision"
_BY_HOST = text(
    f"SELECT {_COLUMNS} FROM shared.host h JOIN shared.organization o ON o.key = h.organization"  # noqa: S608
    " WHERE h.name = :value AND h.verified_at IS NOT NULL AND h.removed_at IS NULL"
)
_BY_NAME = text(
    f"SELECT {_COLUMNS} FROM shared.organization o WHERE (o.slug = :value OR o.key = :value)"  # noqa: S608
    " AND o.state <> 'deleted'"
)


def _remember(key: tuple, statement, value: str) -> Organization | None:
    now = time.monotonic()
    with _lock:
        kept = _cache.get(key)
    if kept and now - kept[0] < SECONDS:
        return kept[1]
    found = _read(statement, value)
    with _lock:
        if len(_cache) > 10_000:
            _cache.clear()
        _cache[key] = (now, found)
    return found


def _read(statement, value: str) -> Organization | None:
    with engines.engine("main", "desk").connect() as connection:
        row = connection.execute(statement, {"value": value}).first()
    return Organization(*row) if row else None
