"""PostgreSQL killed and started again: what was answered is there, the site says so meanwhile, and recovers alone."""

import statistics
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from app.embedded import postgres
from app.embedded.process import wait_until

from .figures import keep
from .processes import SECONDS
from .site import SETTINGS
from .using import Edits, Imports, ended, stop_all
from .visitors import API, Visitor, program

CRASHES = 20


@pytest.mark.faults
@pytest.mark.timeout(900)
@pytest.mark.threat("R-04", "T-105")
def test_twenty_crashes_lose_nothing_that_was_answered(site):
    site.start_web()
    site.start_worker()
    calm, away = threading.Lock(), []
    imports, edits = Imports(site, "harbor", 1500, calm), [Edits(site, slug, 4) for slug in ("harbor", "summit")]
    threads = [imports, *edits]
    for thread in threads:
        thread.start()
    try:
        for _ in range(CRASHES):
            written = sum(len(one.edits) for one in edits)
            # Only what was written since the last crash can be lost in this one.
            more = wait_until(
                lambda w=written: ended(threads) or sum(len(one.edits) for one in edits) > w + 10, SECONDS
            )
            assert more and not ended(threads), [thread.error for thread in threads]
            with calm:
                site.restart_postgres()
                begun = time.monotonic()
                assert wait_until(site.is_ready, SECONDS), site.processes.said()
                away.append(time.monotonic() - begun)
        for thread in threads:
            thread.finish()
    finally:
        stop_all(threads)
    for one in edits:
        one.is_whole()
    figures = {
        "crashes": len(away),
        "edits answered": sum(len(one.edits) for one in edits),
        "lost": 0,
        "seconds until the web answers after PostgreSQL is back": {
            "median": round(statistics.median(away), 2),
            "largest": round(max(away), 2),
        },
    }
    keep("crashes of PostgreSQL", figures)
    assert imports.rounds >= 1
    assert max(away) < 10, away


@pytest.mark.faults
@pytest.mark.threat("R-04")
def test_while_postgres_is_away_visitors_are_asked_to_come_back(site):
    site.start_web()
    person, client = Visitor(site.port, "harbor").sign_in(), program(site)
    server = site.cluster.postgres
    server.kill()
    for who, method, path in (
        (person, "GET", "/contacts"),
        (person, "POST", "/contacts"),
        (person, "GET", "/sign-in"),
        (client, "GET", f"{API}/contacts"),
        (client, "POST", f"{API}/contacts"),
        (Visitor(site.port, "summit"), "GET", "/sign-in"),
    ):
        answer = who.ask_once(method, path)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5"), (method, path)
    assert person.ask_once("GET", "/readyz").status_code == 503
    assert person.ask_once("GET", "/healthz").status_code == 200
    site.cluster.postgres = postgres.start(server.base, port=server.port, fast=True, extra=SETTINGS)
    assert person.ask("GET", "/contacts", seconds=10).status_code == 200


@pytest.mark.faults
@pytest.mark.threat("R-05", "T-001")
def test_pooled_connections_come_back_to_the_right_organization(site):
    site.start_web()
    who = [Visitor(site.port, slug).sign_in() for slug in ("harbor", "summit") for _ in range(4)]
    for slug in ("harbor", "summit"):
        site.world.sql(f"UPDATE {site.world.schema(slug)}.company SET address = 'only {slug}' WHERE name = 'Acme'")
    path = f"/companies/{site.world.cast.acme}"

    def read(visitor: Visitor) -> tuple[int, int]:
        """How often it was answered, and how often not."""
        good = bad = 0
        for _ in range(10):
            try:
                answer = visitor.ask_once("GET", path)
            except requests.RequestException:
                bad += 1
                continue
            other = "summit" if visitor.slug == "harbor" else "harbor"
            assert f"only {other}" not in answer.text
            assert answer.status_code in (200, 503), answer.text[:1000]
            assert (f"only {visitor.slug}" in answer.text) == (answer.status_code == 200)
            good, bad = good + (answer.status_code == 200), bad + (answer.status_code != 200)
        return good, bad

    with ThreadPoolExecutor(len(who)) as pool:
        for _ in range(5):
            assert sum(bad for _good, bad in pool.map(read, who)) == 0
            site.restart_postgres()
            found = list(pool.map(read, who))
            # At most one failed request for each connection that the web server kept.
            assert all(bad <= 1 for _good, bad in found), found
