"""Valkey emptied, full or away: it only wakes workers, so nothing is lost and nobody is refused."""

import time

import pytest

from app.embedded import valkey
from app.embedded.process import wait_until
from app.people.hashing import hash_passwords
from tenants import queue

from .figures import keep
from .importing import rows, sheet
from .processes import SECONDS
from .site import DATABASE
from .visitors import API, Visitor, program

# Of each organization.
JOBS = 500


def open_jobs(site) -> int:
    return sum(len(site.world.open_jobs(slug)) for slug in site.world.keys)


@pytest.mark.faults
@pytest.mark.timeout(900)
@pytest.mark.threat("R-07", "T-105")
def test_after_valkey_was_emptied_a_thousand_due_jobs_are_there_again_within_a_minute(site):
    with site.world.app.app_context():
        queues = queue.queues()
    for slug in site.world.keys:
        with site.world.inside(slug):
            for _ in range(JOBS):
                hash_passwords.later()
    before = sum(len(one) for one in queues)
    queues[0].connection.flushall()
    assert before == 2 * JOBS and not any(len(one) for one in queues)
    begun, seen = time.monotonic(), set()
    site.start_worker()
    taken = " UNION ALL ".join(
        f"SELECT '{key}-' || id || '-0', state FROM {site.world.schema(slug)}.job WHERE state <> 'queued'"
        for slug, key in site.world.keys.items()
    )
    with site.cluster.connect(DATABASE) as connection:

        def all_seen() -> bool:
            """Whether each was in the queue again; some were taken in the moment between two looks."""
            seen.update(name for one in queues for name in one.job_ids)
            seen.update(name for name, _state in connection.execute(taken))
            return len(seen) == 2 * JOBS

        def all_done() -> bool:
            return [state for _name, state in connection.execute(taken)].count("done") == 2 * JOBS

        assert wait_until(all_seen, SECONDS), (len(seen), site.processes.said())
        seconds = time.monotonic() - begun
        assert wait_until(all_done, 8 * SECONDS), site.processes.said()
    done = time.monotonic() - begun
    for slug in site.world.keys:
        found = site.world.sql(f"SELECT state, fence, count(*) AS n FROM {site.world.schema(slug)}.job GROUP BY 1, 2")
        assert found == [{"state": "done", "fence": 1, "n": JOBS}]
    figures = {"due jobs": before, "lost": 0, "run twice": 0, "seconds until all are queued": round(seconds, 1)}
    keep("Valkey emptied", figures | {"seconds until all are done, with one worker": round(done, 1)})
    assert seconds < 60


@pytest.mark.faults
@pytest.mark.threat("R-07", "T-105")
def test_after_valkey_was_killed_under_a_busy_worker_no_due_job_is_lost(site):
    few = queue.PER_ORGANIZATION + 5
    for slug in site.world.keys:
        with site.world.inside(slug):
            for _ in range(few):
                hash_passwords.later()
    site.start_worker()
    assert wait_until(lambda: open_jobs(site) < 2 * few, SECONDS), site.processes.said()
    assert open_jobs(site) > few, "Most of them still wait."
    site.restart_valkey()
    assert wait_until(lambda: not open_jobs(site), SECONDS), (open_jobs(site), site.processes.said())
    for slug in site.world.keys:
        found = site.world.sql(f"SELECT state, fence, count(*) AS n FROM {site.world.schema(slug)}.job GROUP BY 1, 2")
        assert sum(row["n"] for row in found) == few and {row["state"] for row in found} == {"done"}
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
