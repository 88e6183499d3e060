"""Jobs that kill their worker or do not end, that are of another version, and secrets that were replaced."""

import pytest

from app.embedded.process import wait_until
from app.imports import actions
from app.people import passwords
from app.people.models import Account
from tenants import db
from tenants.jobs import Job, wake

from .importing import Importing, rows
from .processes import SECONDS, kill
from .visitors import API, Visitor, program


def ask(world, kind: str, **args) -> int:
    """Write the row of a job that this process does not know."""
    with world.inside():
        row = Job(kind=kind, args=args)
        db.session.add(row)
        db.session.flush()
        wake(0)
        return row.id


def job(world, job_id: int) -> Job:
    with world.inside():
        found = db.session.get(Job, job_id)
        db.session.expunge_all()
        return found


@pytest.mark.threat("R-31")
def test_a_job_that_is_not_heard_of_is_ended_and_the_next_one_begins(world, processes):
    processes.worker()
    poison = ask(world, "tests.poison", how="loop")
    assert wait_until(lambda: job(world, poison).state == "running", SECONDS), processes.said()
    other = ask(world, "people.hash_passwords")
    assert wait_until(lambda: job(world, other).state == "done", SECONDS), processes.said()
    # Its lease is a minute long, and would still be: the worker has said how its process ended.
    assert wait_until(lambda: job(world, poison).state == "queued", SECONDS), processes.said()
    found = job(world, poison)
    assert (found.error, found.attempt, found.lease_until) == ("silent", 1, None)
    assert found.run_at > found.started_at
    assert "in poison" in processes.said(), "The log has the place where it was."


@pytest.mark.faults
@pytest.mark.threat("R-31", "R-17")
@pytest.mark.parametrize(
    ("how", "error", "words"),
    [
        ("crash", "died", "The worker ended in the middle of this"),
        ("recursion", "RecursionError", "RecursionError"),
        ("memory", "memory", "more memory than a job may take"),
        ("loop", "silent", "did not get on for too long"),
        ("deaf", "silent", "did not get on for too long"),
    ],
)
def test_a_poisoned_job_is_given_up_and_holds_nobody_up(site, how, error, words):
    site.start_worker(DESKHAND_JOB_MEMORY="256")
    poison = ask(site.world, "tests.poison", how=how)
    assert wait_until(lambda: job(site.world, poison).attempt, SECONDS), site.processes.said()
    for _ in range(3):
        other = ask(site.world, "people.hash_passwords")
        assert wait_until(lambda other=other: job(site.world, other).state == "done", 10), site.processes.said()
    assert wait_until(lambda: job(site.world, poison).state == "failed", SECONDS), site.processes.said()
    found = job(site.world, poison)
    assert found.attempt == found.fence == 3 and found.finished_at is not None
    assert error in found.error
    assert found.done <= 256, "So many MiB of memory it got."
    other = ask(site.world, "people.hash_passwords")
    assert wait_until(lambda: job(site.world, other).state == "done", 10), site.processes.said()
    page = site.world.staff("adam").get("/jobs").get_data(as_text=True)
    assert words in page and "tests.poison" in page
    assert words not in site.world.staff("ann").get("/jobs").get_data(as_text=True)


@pytest.mark.faults
@pytest.mark.threat("R-29")
def test_a_job_of_a_newer_version_waits_for_a_newer_worker(site):
    old = site.processes.start("app.cli", "worker")
    newer = ask(site.world, "tests.poison", how="not at all")
    other = ask(site.world, "people.hash_passwords")
    assert wait_until(lambda: job(site.world, other).state == "done", SECONDS), site.processes.said()
    assert (job(site.world, newer).state, job(site.world, newer).attempt) == ("queued", 0)
    # Both versions at once, as in a rolling update.
    site.start_worker()
    assert wait_until(lambda: job(site.world, newer).state == "done", SECONDS), site.processes.said()
    assert job(site.world, newer).attempt == 1
    kill(old)


@pytest.mark.faults
@pytest.mark.threat("R-30", "T-102")
def test_a_secret_key_is_replaced_step_by_step_and_nothing_breaks(site):
    site.start_web()
    site.start_worker()
    person, client = Visitor(site.port, "harbor").sign_in(), program(site)
    found = Importing(site.world, "harbor", rows(20, 2, "key"))
    seal_password(site)
    # With the old key beside it, the new one is not noticed: neither by who is signed in nor in what was sealed.
    environment, old = site.processes.environment, site.processes.environment["DESKHAND_SECRET_KEY"]
    kill(site.web), kill(site.worker)
    environment |= {"DESKHAND_SECRET_KEY": "another-one-made-anew", "DESKHAND_OLD_SECRET_KEYS": old}
    site.start_web()
    site.start_worker()
    assert person.ask("GET", "/contacts").status_code == 200
    assert client.ask("GET", f"{API}/contacts").status_code == 200
    found.begin(actions.start_plan)
    assert wait_until(lambda: found.job().state == "done", SECONDS), site.processes.said()
    hash_all(site)
    assert password_of(site)[0], "It was opened and hashed."
    # Without it, everybody signs in again, and what it sealed is gone.
    seal_password(site)
    kill(site.web), kill(site.worker)
    environment |= {"DESKHAND_SECRET_KEY": "a-third-one", "DESKHAND_OLD_SECRET_KEYS": ""}
    site.start_web()
    site.start_worker()
    away = person.ask("GET", "/contacts")
    assert (away.status_code, away.headers["Location"]) == (302, "/sign-in?next=/contacts")
    assert person.sign_in().ask("GET", "/contacts").status_code == 200
    assert client.ask("GET", f"{API}/contacts").status_code == 200
    hash_all(site)
    assert password_of(site) == (None, None), "Nobody can open it any more."


def seal_password(site) -> None:
    """Leave a password as an import leaves it until it is hashed."""
    with site.world.inside():
        account = db.session.get(Account, site.world.cast.accounts["nils"])
        account.password_hash, account.password_sealed = None, passwords.sealed("a password of an import")


def password_of(site) -> tuple:
    with site.world.inside():
        account = db.session.get(Account, site.world.cast.accounts["nils"])
        return account.password_hash, account.password_sealed


def hash_all(site) -> None:
    hashing = ask(site.world, "people.hash_passwords")
    assert wait_until(lambda: job(site.world, hashing).state == "done", SECONDS), site.processes.said()
