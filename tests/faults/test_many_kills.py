"""A hundred kills of everything that can be killed, at random moments, while people import and edit."""

import random
import statistics
import threading
import time
from collections import Counter

import pytest

from app.embedded.process import send, wait_until

from .figures import keep
from .processes import SECONDS, children, kill
from .site import Site, running
from .using import Edits, Imports, ended, stop_all

KILLS, ROWS, SEED = 110, 1200, 20


class Killer:
    """Kills one thing at a time, and starts again what nobody else would; counts, and times PostgreSQL's returns."""

    def __init__(self, site: Site, seed: int):
        self.site, self.chance = site, random.Random(seed)
        self.counts: Counter[str] = Counter()
        self.after_postgres: list[float] = []

    def strike(self) -> None:
        """Kill something."""
        targets = (self.worker, self.horse, self.dispatcher, self.web, self.web_process, self.postgres, self.valkey)
        target = self.chance.choice(targets)
        target()
        self.counts[target.__name__] += 1
        self._start_what_ended()

    def _start_what_ended(self) -> None:
        if self.site.worker.poll() is not None:
            self.site.start_worker()
        if self.site.web.poll() is not None:
            self.site.start_web()

    def worker(self) -> None:
        """The worker, its work-horse and its dispatcher at once."""
        kill(self.site.worker)

    def horse(self) -> None:
        """What works on a job just now, or RQ's worker where nothing is done."""
        found = self._children("worker")
        for one in found[0].children() or found if found else []:
            send(one.pid, 9)

    def dispatcher(self) -> None:
        """The process that sends what the queue forgot."""
        for one in self._children("dispatcher"):
            send(one.pid, 9)

    def _children(self, name: str) -> list:
        """The worker's two processes, in the order of their start."""
        found = sorted(children(self.site.worker), key=lambda one: one.create_time())
        return found[:1] if name == "worker" else found[1:]

    def web(self) -> None:
        """The web server with its processes."""
        kill(self.site.web)

    def web_process(self) -> None:
        """One of the web server's processes, which it starts again itself unless that happens too often."""
        for one in children(self.site.web):
            send(one.pid, 9)

    def postgres(self) -> None:
        """The database server, as a crash would; it comes back after its recovery."""
        self.site.restart_postgres()
        begun = time.monotonic()
        # A web server whose process was killed just before may only now give up.
        self.site.answers()
        assert wait_until(self.site.is_ready, SECONDS), self.site.processes.said()
        self.after_postgres.append(time.monotonic() - begun)

    def valkey(self) -> None:
        """The queue, which comes back with nothing in it."""
        self.site.restart_valkey()


@pytest.mark.faults
@pytest.mark.timeout(1500)
@pytest.mark.threat("R-01", "R-03", "R-04", "R-05", "R-07", "T-105", "T-106", "T-107", "T-108")
def test_a_hundred_kills_lose_nothing_and_double_nothing():
    calm = threading.Lock()
    begun = time.monotonic()
    with running() as site:
        site.start_web()
        site.start_worker()
        imports = [Imports(site, slug, ROWS, calm) for slug in ("harbor", "summit")]
        edits = [Edits(site, slug, SEED) for slug in ("harbor", "summit")]
        killer, threads = Killer(site, SEED), [*imports, *edits]
        for thread in threads:
            thread.start()
        try:
            while sum(killer.counts.values()) < KILLS and not ended(threads):
                wait_until(lambda: ended(threads), killer.chance.uniform(0.1, 2.5))
                with calm:
                    killer.strike()
            for thread in threads:
                thread.finish()
        finally:
            stop_all(threads)
        for one in edits:
            one.is_whole()
    figures = {
        "seed": SEED,
        "kills": sum(killer.counts.values()),
        "by target": dict(killer.counts),
        "imports": sum(one.rounds for one in imports),
        "rows an import": ROWS,
        "steps begun again by hand": sum(one.again for one in imports),
        "edits": sum(len(one.edits) for one in edits),
        "contacts added": sum(len(one.people) for one in edits),
        "lost, doubled, in the wrong organization": 0,
        "seconds until the web answers after PostgreSQL is back": {
            "median": round(statistics.median(killer.after_postgres), 2),
            "largest": round(max(killer.after_postgres), 2),
        },
        "seconds": round(time.monotonic() - begun),
    }
    keep("many kills", figures)
    assert figures["kills"] >= 100 and len(killer.counts) == 7, figures
    assert max(killer.after_postgres) < 10, figures
    assert figures["imports"] >= 4 and figures["edits"] >= 100, figures
