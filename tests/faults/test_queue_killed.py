"""Valkey emptied, full or away: it only wakes workers, so nothing is lost and nobody is refused."""

import time

import pytest

from app.embedded import valkey
from app.embedded.process import wait_until
from app.people.hashing import hash_passwords
from tenants import queue

from .importing import rows, sheet
from .processes import SECONDS
from .visitors import API, Visitor, program

# Of each organization: more than the dispatcher sends at once.
JOBS = queue.PER_ORGANIZATION + 5


def open_jobs(site) -> int:
    return sum(len(site.world.open_jobs(slug)) for slug in site.world.keys)


@pytest.mark.faults
@pytest.mark.threat("R-07", "T-105")
def test_after_valkey_was_emptied_all_due_jobs_run_within_a_minute(site):
    for slug in site.world.keys:
        with site.world.inside(slug):
            for _ in range(JOBS):
                hash_passwords.later()
    site.start_worker()
    assert wait_until(lambda: open_jobs(site) < 2 * JOBS, SECONDS), site.processes.said()
    assert open_jobs(site) > JOBS, "Most of them still wait."
    site.restart_valkey()
    begun = time.monotonic()
    assert wait_until(lambda: not open_jobs(site), SECONDS), (open_jobs(site), site.processes.said())
    assert time.monotonic() - begun < 60
    for slug in site.world.keys:
        found = site.world.sql(f"SELECT state, fence, count(*) AS n FROM {site.world.schema(slug)}.job GROUP BY 1, 2")
        assert sum(row["n"] for row in found) == JOBS and {row["state"] for row in found} == {"done"}
        # At most the one that was being done was begun again.
        assert sum(row["n"] for row in found if row["fence"] > 1) <= 1, found


@pytest.mark.faults
@pytest.mark.threat("R-07")
def test_an_idle_worker_finds_a_queue_that_was_away(site):
    site.start_web()
    site.start_worker()
    client = program(site)
    server = site.cluster.valkey
    server.kill()
    # RQ's worker gives up or, where it waited for work, looks less and less often.
    noticed = ("has ended", "retrying in 4 seconds")
    seen = wait_until(lambda: any(words in site.processes.said(1000) for words in noticed), SECONDS)
    assert seen, site.processes.said()
    begun = time.monotonic()
    made = upload(client)
    asked = time.monotonic() - begun
    site.cluster.valkey = valkey.start(server.base, port=server.port, persist=False)
    assert wait_until(lambda: client.ask("GET", made).json()["state"] == "planned", SECONDS), site.processes.said()
    assert asked < 10, "Whoever asks for work does not wait for the queue."


def upload(client: Visitor) -> str:
    """Ask for the check of a file; returns the import's address."""
    made = client.ask_once(
        "POST", f"{API}/imports", data=sheet(rows(20, 2, "queue")), headers={"Content-Type": "text/csv"}
    )
    assert made.status_code == 201, made.text
    path = f"{API}/imports/{made.json()['id']}"
    assert client.ask_once("POST", f"{path}/plan").status_code == 202
    return path


@pytest.mark.faults
@pytest.mark.threat("R-08")
def test_a_full_queue_refuses_nobody_and_is_caught_up_with(site):
    site.start_web()
    site.start_worker()
    client = program(site)
    with site.world.app.app_context():
        # A megabyte is less than the server needs to begin with.
        queue.redis().config_set("maxmemory", "1mb")
        queue.redis().config_set("maxmemory-policy", "noeviction")
        made = [upload(client) for _ in range(5)]
        assert [client.ask("GET", path).json()["state"] for path in made] == ["planning"] * 5
        queue.redis().config_set("maxmemory", "0")
    planned = lambda: {client.ask("GET", path).json()["state"] for path in made} == {"planned"}  # noqa: E731
    assert wait_until(planned, SECONDS), site.processes.said()
    assert site.worker.poll() is None


@pytest.mark.faults
@pytest.mark.threat("R-09", "T-031")
def test_guessing_is_limited_while_the_queue_is_away(site):
    site.start_web()
    site.cluster.valkey.kill()
    guesser = Visitor(site.port, "harbor")
    token = guesser.form("/sign-in")
    tries = [
        guesser.ask_once("POST", "/sign-in", data={"csrf_token": token, "login": "sue@desk.example", "password": word})
        for word in (f"guess number {n}" for n in range(12))
    ]
    assert {answer.status_code for answer in tries} == {422}, [answer.status_code for answer in tries]
    with pytest.raises(AssertionError):
        Visitor(site.port, "harbor").sign_in("sue")
    Visitor(site.port, "harbor").sign_in("ann")
    Visitor(site.port, "summit").sign_in("sue")
