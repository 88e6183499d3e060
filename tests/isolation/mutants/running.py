"""Running tests against one mutant after the other, in one process and on one server.

A pytest plugin: the tests are collected once, then run for each mutant until one of them fails. Databases are mutated
when they are copied, so the templates stay whole; the application is mutated while it runs and set right again.
"""

import contextvars
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

import pytest
from _pytest.runner import runtestprotocol
from psycopg import sql

from tests.cluster import Cluster

from .mutant import Mutant, NotApplied, forget_statements


@dataclass
class Verdict:
    """What became of a mutant: the test that noticed, or none."""

    mutant: Mutant
    killer: str
    seconds: float
    tried: int


@dataclass(eq=False)
class Mutating:
    """The plugin. `mutants` names them when the servers are there; only then it is known which policies there are."""

    mutants: Callable[[dict], list[Mutant]]
    verdicts: list[Verdict] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    sound: set[str] = field(default_factory=set)
    asked: int = 0
    fixtures: dict = field(default_factory=dict)

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef, request):
        """Keep the servers, the application and the template as they come to be."""
        result = yield
        if fixturedef.argname in ("cluster", "app", "template"):
            self.fixtures[fixturedef.argname] = result
        return result

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session):
        """Instead of running the tests once: run them for every mutant."""
        if session.testsfailed:
            raise session.Interrupted("The tests could not be collected.")
        items = {item.nodeid: item for item in session.items}
        first = next(iter(items.values()))
        if failure := _failed(first, session):
            self.broken.append(f"{first.nodeid}\n{failure}")
            return True
        mutants = self.mutants(self.fixtures)
        self.asked = len(mutants)
        for number, mutant in enumerate(mutants, 1):
            self.verdicts.append(self._one(session, mutant, items))
            _say(self.verdicts[-1], number, len(mutants))
        return True

    def _is_sound(self, session, item: pytest.Item) -> bool:
        """Whether a test passes while nothing is missing; otherwise its failure means nothing."""
        if item.nodeid not in self.sound:
            failure = _failed(item, session)
            self.sound.add(item.nodeid)
            if failure:
                self.broken.append(f"{item.nodeid}\n{failure}")
        return not self.broken

    def _one(self, session, mutant: Mutant, items: dict) -> Verdict:
        begun, killer, tried = time.monotonic(), None, 0
        with pytest.MonkeyPatch.context() as patch:
            try:
                _apply(mutant, self.fixtures, patch)
                forget_statements()
                wanted = _wanted(items, mutant.tests)
                for item, after in zip(wanted, [*wanted[1:], session], strict=True):
                    tried += 1
                    if _failed(item, after):
                        killer = item
                        break
            except NotApplied as error:
                sys.stdout.write(f"not applied: {error}\n")
            finally:
                _roles(self.fixtures["cluster"], mutant.roles[1], self.fixtures["template"][0])
        forget_statements()
        _torn_down(session)
        if killer is not None and not self._is_sound(session, killer):
            raise session.Interrupted(f"{killer.nodeid} fails without any mutant.")
        return Verdict(mutant, killer.nodeid if killer else "", time.monotonic() - begun, tried)


def _wanted(items: dict, tests) -> list:
    """The collected tests whose ids begin so, each once, in the order in which they are named."""
    found: dict[str, pytest.Item] = {}
    for test in dict.fromkeys(tests):
        mine = {name: item for name, item in items.items() if name.startswith(test)}
        if not mine:
            raise LookupError(f"No test begins with {test}")
        found |= mine
    return list(found.values())


def _failed(item: pytest.Item, after: pytest.Item | pytest.Session) -> str:
    """How a test fails or cannot even begin, '' when it passes; what its end says does not count.

    In a context of its own, so that one that failed inside an organization leaves the next one outside of any.
    """
    reports = contextvars.copy_context().run(runtestprotocol, item, nextitem=after, log=False)
    return next((report.longreprtext for report in reports if report.failed and report.when != "teardown"), "")


def _torn_down(session: pytest.Session) -> None:
    """End the modules' fixtures, which hold copies of the database; servers and templates stay."""
    with suppress(Exception, AssertionError, pytest.fail.Exception):
        session._setupstate.teardown_exact(session)


def _apply(mutant: Mutant, fixtures: dict, patch: pytest.MonkeyPatch) -> None:
    cluster, keys = fixtures["cluster"], fixtures["template"][0]
    _roles(cluster, mutant.roles[0], keys)
    if mutant.sql:
        whole = Cluster.clone

        def clone(self, *args) -> str:
            name = whole(self, *args)
            with self.connect(name) as connection:
                for statement in _of_each(mutant.sql, keys):
                    connection.execute(statement.replace("{database}", f'"{name}"'))
            return name

        patch.setattr(Cluster, "clone", clone)
    if mutant.change:
        mutant.change(fixtures["app"], patch)


def _roles(cluster: Cluster, statement: str, keys: dict[str, str]) -> None:
    with cluster.connect() as connection:
        for one in _of_each(statement, keys) if statement else ():
            connection.execute(sql.SQL(one))


def _of_each(statement: str, keys: dict[str, str]) -> list[str]:
    """A statement once for each organization whose schema it names."""
    if "{schema}" not in statement and "{portal}" not in statement:
        return [statement]
    names = [f"org_{key}" for key in keys.values()]
    return [
        statement.replace("{schema}", f'"{mine}"').replace("{portal}", f'"{mine}_portal"').replace("{other}", other)
        for mine, other in zip(names, reversed(names), strict=True)
    ]


def _say(verdict: Verdict, number: int, count: int) -> None:
    word = "killed by" if verdict.killer else f"SURVIVED {verdict.tried} tests"
    mutant = verdict.mutant
    line = f"{number:4}/{count} {mutant.family:10} {mutant.name:70} {verdict.seconds:5.1f} s  {word} {verdict.killer}"
    sys.stdout.write(line.rstrip() + "\n")
    sys.stdout.flush()
