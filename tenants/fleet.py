"""Migrating every organization: in processes beside one another, each with a transaction and a lock of its own.

One that fails stays as it was and is reported, the others go on, and running the command again does only what is left:
also when a process, or all of them, were killed half-way.
"""

import multiprocessing
import os
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import closing, suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection as Pipe
from multiprocessing.connection import wait

from flask import Flask, current_app
from sqlalchemy import Connection, text

from . import engines, migrate, shards

# Nobody can say why a process that was killed ended.
KILLED = "the process that was at it has ended"


@dataclass
class Report:
    """What a run did: organizations brought up to date, those already there, and failures with their reason."""

    upgraded: list[str] = field(default_factory=list)
    current: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)

    def add(self, slug: str, outcome: str) -> None:
        """Note how it went with one: 'upgraded', 'current', or why not."""
        if outcome in ("upgraded", "current"):
            getattr(self, outcome).append(slug)
        else:
            self.failed[slug] = outcome


@dataclass(frozen=True)
class Standing:
    """An organization and the revision of its tables, as an operator sees it."""

    slug: str
    shard: str
    state: str
    revision: str | None
    served: bool


def standings() -> list[Standing]:
    """Every organization with the revision that `migrate` left it at, by slug."""
    query = text("SELECT slug, shard, state, revision FROM shared.organization WHERE state <> 'deleted' ORDER BY slug")
    with engines.engine("main", "owner").connect() as connection:
        return [Standing(*row, served=migrate.serves(row.revision)) for row in connection.execute(query)]


def everything(processes: int = 1, progress: Callable[[int, int], None] = lambda done, total: None) -> Report:
    """Make the logins, migrate the shared schema of each server, then each organization's.

    `progress` is called with how many are done, and how many there are.
    """
    migrate.shared()
    for shard in shards.names()[1:]:
        migrate.shared(shard)
    query = text("SELECT slug, key, shard FROM shared.organization WHERE state <> 'deleted' ORDER BY slug")
    with engines.engine("main", "owner").connect() as connection:
        found = [tuple(row) for row in connection.execute(query)]
    report = Report()
    outcomes = _side_by_side(found, processes) if min(processes, len(found)) > 1 else _in_turn(found)
    for done, (slug, outcome) in enumerate(outcomes, 1):
        report.add(slug, outcome)
        progress(done, len(found))
    for slugs in (report.upgraded, report.current):
        slugs.sort()
    return report


def processes() -> int:
    """As many as there are processors for this program."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class _Connections:
    """The owner's connections of one process, each closed when it has seen many organizations: see `engines`."""

    def __init__(self):
        self._open: dict[str, Connection] = {}
        self._seen: dict[str, int] = {}

    def to(self, shard: str, organizations: int = 0) -> Connection:
        """A connection to a server, for the tables of so many organizations."""
        seen = self._seen.get(shard, 0) + organizations
        if seen > engines.ORGANIZATIONS_PER_CONNECTION:
            self._open.pop(shard).close()
            seen = organizations
        if shard not in self._open:
            self._open[shard] = engines.engine(shard, "owner").connect()
        self._seen[shard] = seen
        return self._open[shard]

    def drop(self) -> None:
        """Use none of them again: one may have broken."""
        while self._open:
            self._open.popitem()[1].invalidate()

    def close(self) -> None:
        """Close all of them."""
        while self._open:
            self._open.popitem()[1].close()


def _in_turn(found: Iterable[tuple[str, str, str]]) -> Iterable[tuple[str, str]]:
    with closing(_Connections()) as connections:
        for slug, key, shard in found:
            yield slug, _migrate(connections, key, shard)


def _migrate(connections: _Connections, key: str, shard: str) -> str:
    """Migrate one organization, and note its revision on 'main'; returns how it went."""
    try:
        its = connections.to(shard, organizations=1)
        try:
            with its.begin():
                changed = migrate.upgrade_schema(its, f"org_{key}")
            outcome = "upgraded" if changed else "current"
        except Exception as error:
            outcome = str(error).splitlines()[0]
        with its.begin():
            now = migrate.revision(its, f"org_{key}")
        main = connections.to("main")
        with main.begin():
            migrate.note(main, key, now)
        return outcome
    except Exception as error:
        connections.drop()
        return str(error).splitlines()[0]


def _side_by_side(found: list[tuple[str, str, str]], processes: int) -> Iterable[tuple[str, str]]:
    """Hand out one organization after the other; a process that ends takes only the one it was at with it."""
    waiting = deque(found)
    context = multiprocessing.get_context("fork")
    app = current_app._get_current_object()
    # A connection of this process must not be known to another.
    engines.dispose()
    busy: dict[Pipe, tuple[multiprocessing.Process, str]] = {}
    while waiting or busy:
        while waiting and len(busy) < processes:
            mine, its = context.Pipe()
            process = context.Process(target=_serve, args=(app, its), daemon=True)
            process.start()
            its.close()
            busy[mine] = process, _hand(mine, waiting)
        for pipe in wait(list(busy)):
            process, slug = busy.pop(pipe)
            try:
                yield slug, pipe.recv()
            except (EOFError, OSError):
                yield slug, KILLED
                continue
            if waiting:
                busy[pipe] = process, _hand(pipe, waiting)
            else:
                pipe.send(None)
                process.join()


def _hand(pipe: Pipe, waiting: deque) -> str:
    slug, key, shard = waiting.popleft()
    # To one that ended just now nothing can be said; what is read from it next tells.
    with suppress(OSError):
        pipe.send((key, shard))
    return slug


def _serve(app: Flask, pipe: Pipe) -> None:
    """A process that migrates what it is handed until nobody hands it anything."""
    with app.app_context(), closing(_Connections()) as connections, suppress(EOFError):
        while (order := pipe.recv()) is not None:
            pipe.send(_migrate(connections, *order))
