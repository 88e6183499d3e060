"""Stopping jobs, long statements, and what a job is asked with."""

import pytest

from tenants import scope
from tenants.jobs import Cancelled, JobFailed, LostLease, cancel, job

from .working import addresses, make_due, mark, row, run


def test_a_queued_job_is_cancelled_at_once(world, jobs, run_jobs):
    @jobs
    def note(work):
        mark("!")

    before = addresses(world)
    with world.inside():
        job_id = note.later()
    with world.inside():
        cancel(job_id)
    assert run_jobs() == []
    assert run(world, job_id) == "gone"
    assert row(world, job_id).state == "cancelled"
    assert row(world, job_id).finished_at is not None
    assert addresses(world) == before


def test_a_running_job_stops_at_the_border_of_its_chunk(world, jobs, run_jobs):
    @jobs
    def note(work):
        for chunk in range(3):
            mark(f" {chunk}")
            if chunk == 1:
                with scope("harbor"):
                    cancel(work.id)
            work.checkpoint(done=chunk + 1)

    with world.inside():
        job_id = note.later()
    assert run_jobs() == ["cancelled"]
    found = row(world, job_id)
    assert (found.state, found.done, found.cancel) == ("cancelled", 2, True)
    assert {address.partition("1 ")[2] for address in addresses(world)} == {"0 1"}


def test_a_cancelled_job_is_not_resumed_after_a_stumble(world, jobs):
    @jobs
    def note(work):
        if work.fence == 1:
            raise OSError
        mark("!")
        work.checkpoint(done=1)
        mark("?")

    with world.inside():
        job_id = note.later()
    assert run(world, job_id) == "queued"
    with world.inside():
        cancel(job_id)
    make_due(world, job_id)
    run(world, job_id)
    assert row(world, job_id).state == "cancelled"
    assert all("?" not in address for address in addresses(world))


def test_what_is_over_is_not_cancelled(world, jobs, run_jobs):
    @jobs
    def note(work):
        pass

    with world.inside():
        job_id = note.later()
    assert run_jobs() == ["done"]
    with world.inside():
        cancel(job_id)
    found = row(world, job_id)
    assert (found.state, found.cancel) == ("done", False)


def test_the_lease_is_extended_while_a_statement_runs(world, jobs, monkeypatch):
    monkeypatch.setitem(world.app.config, "DESKHAND_LEASE", 1)
    leases = []

    @jobs
    def note(work):
        query = f"SELECT lease_until FROM {world.schema()}.job WHERE id = %s"
        while len(leases) < 3:
            found = world.sql(query, work.id)[0]["lease_until"]
            if found not in leases:
                leases.append(found)

    with world.inside():
        job_id = note.later()
    assert run(world, job_id) == "done"
    assert leases == sorted(leases)


def test_what_a_job_is_asked_with_comes_back_as_it_was(world, jobs, run_jobs):
    asked = {"text": "Grüße 💡", "number": 3, "items": [1, None, {"deep": True}], "nothing": None}
    seen = []

    @jobs(lane="long")
    def note(work, **args):
        seen.append((args, work.account_id))

    with world.inside():
        job_id = note.later(account_id=7, label="A label", link="/jobs/1", **asked)
    found = row(world, job_id)
    assert (found.label, found.link, found.lane, found.account_id) == ("A label", "/jobs/1", "long", 7)
    assert run_jobs() == ["done"]
    assert seen == [(asked, 7)]


def test_two_functions_cannot_have_one_name(jobs):
    @jobs(kind="tests.one")
    def first(work):
        pass

    with pytest.raises(ValueError, match=r"Two jobs are called 'tests\.one'"):

        @job("tests.one")
        def second(work):
            pass


def test_cancelled_is_told_apart_from_failure():
    assert not issubclass(Cancelled, JobFailed)
    assert not issubclass(LostLease, JobFailed)
