"""A job's row is the truth: what is asked for in a transaction happens after it, once, in its own organization."""

import contextvars
import signal

import pytest
from flask import has_app_context
from sqlalchemy import func, select, text

from tenants import NoTenant, db, runner, tenancy
from tenants.jobs import Job, JobFailed, Work, cancel

from .working import addresses, expire_lease, make_due, mark, mark_contracts, row, run


@pytest.mark.threat("T-105")
def test_a_job_runs_after_its_transaction(world, jobs, run_jobs):
    @jobs
    def note(work, word):
        mark(word)

    with world.inside():
        job_id = note.later(word="!")
        assert row_is_invisible(world, job_id)
    assert run_jobs() == ["done"]
    assert {address[-1] for address in addresses(world)} == {"!"}
    found = row(world, job_id)
    assert (found.state, found.attempt, found.error, found.lease_until) == ("done", 1, "", None)
    assert found.started_at <= found.finished_at
    assert run_jobs() == []


def row_is_invisible(world, job_id: int) -> bool:
    return world.sql(f"SELECT 1 FROM {world.schema()}.job WHERE id = %s", job_id) == []


@pytest.mark.threat("T-105")
def test_a_job_and_its_wake_are_lost_with_their_transaction(world, jobs):
    @jobs
    def note(work):
        pass

    with pytest.raises(RuntimeError), world.inside():
        note.later()
        raise RuntimeError
    assert world.sql(f"SELECT 1 FROM {world.schema()}.job") == []
    assert world.sql("SELECT 1 FROM shared.wake") == []


def test_a_job_asked_for_in_a_lost_savepoint_is_lost(world, jobs):
    @jobs
    def note(work):
        pass

    with world.inside():
        savepoint = db.session.begin_nested()
        note.later()
        savepoint.rollback()
    assert world.sql(f"SELECT 1 FROM {world.schema()}.job") == []
    assert world.sql("SELECT 1 FROM shared.wake") == []


@pytest.mark.threat("T-007")
def test_a_job_is_asked_for_and_run_inside_an_organization_only(world, jobs):
    @jobs
    def note(work):
        mark("!")

    with world.app.app_context():
        with pytest.raises(NoTenant):
            note.later()
        with pytest.raises(NoTenant):
            note(Work(1, 1, {}, None, 60))


@pytest.mark.threat("T-007")
def test_jobs_of_two_organizations_on_one_worker_never_meet(pool_of_one, jobs):
    world, seen = pool_of_one, []

    @jobs
    def note(work, slug, how):
        assert tenancy().slug == slug
        seen.append(slug)
        mark(f" {slug}")
        if how == "commits":
            work.checkpoint(done=1)
            mark("")
        if how == "raises":
            raise JobFailed("as asked")
        if how == "breaks":
            db.session.execute(text("SELECT 1 / 0"))

    plan = [(slug, how) for how in ("returns", "commits", "raises", "breaks") for slug in ("harbor", "summit")] * 3
    ids = []
    for slug, how in plan:
        with world.inside(slug):
            ids.append((slug, note.later(slug=slug, how=how)))
    assert ids[0][1] == ids[1][1], "Both organizations have a job of the same id."
    for slug, job_id in ids:
        run(world, job_id, slug)
        assert not has_app_context()
    assert seen == [slug for slug, _ in plan]
    for slug, other in (("harbor", "summit"), ("summit", "harbor")):
        for address in addresses(world, slug):
            assert address.count(slug) == 6 and other not in address


@pytest.mark.threat("T-007")
def test_a_job_cannot_be_run_for_another_organization(world, jobs):
    @jobs
    def note(work):
        mark("!")

    with world.inside("harbor"):
        job_id = note.later()
    before = world.checksum()
    for key in (world.keys["summit"], "nobody", "", "harbor'--"):
        assert contextvars.Context().run(runner.run, key, job_id) == "gone"
    assert world.checksum() == before
    assert row(world, job_id).state == "queued"


@pytest.mark.threat("T-007")
def test_a_worker_that_still_stands_in_an_organization_starts_afresh(world, jobs):
    seen = []

    @jobs
    def note(work):
        seen.append(tenancy().slug)

    with world.inside("harbor"):
        job_id = note.later()
    with world.inside("summit"):
        assert runner.run(world.keys["harbor"], job_id) == "done"
        assert tenancy().slug == "summit"
    assert seen == ["harbor"]


def test_a_job_of_a_kind_this_worker_does_not_know_is_left_alone(world):
    with world.inside():
        db.session.add(Job(kind="tests.of_a_newer_version"))
        db.session.flush()
        job_id = db.session.scalar(select(Job.id))
    assert run(world, job_id) == "gone"
    found = row(world, job_id)
    assert (found.state, found.attempt) == ("queued", 0)


def test_a_job_is_not_run_before_its_time(world, jobs):
    @jobs
    def note(work):
        mark("!")

    with world.inside():
        job_id = note.later()
    make_due(world, job_id, run_at=func.clock_timestamp() + text("interval '1 hour'"))
    assert run(world, job_id) == "gone"
    make_due(world, job_id)
    assert run(world, job_id) == "done"
    assert run(world, job_id) == "gone"


@pytest.mark.threat("T-106")
def test_a_job_that_somebody_holds_is_not_run_twice(world, jobs):
    seen = []

    @jobs
    def note(work):
        seen.append(run(world, work.id))

    with world.inside():
        job_id = note.later()
    assert run(world, job_id) == "done"
    assert seen == ["gone"]


@pytest.mark.threat("T-106")
def test_a_run_that_lost_its_lease_writes_nothing_more(world, jobs):
    """A worker that everybody thought dead goes on: what it then writes is refused and undone."""
    runs = []

    @jobs
    def note(work):
        runs.append(work.fence)
        if len(runs) > 1:
            mark(" second")
            return
        mark(" first")
        work.checkpoint(done=1)
        mark_contracts(" late")
        expire_lease(world, work.id)
        assert run(world, work.id) == "done"
        work.checkpoint(done=2)

    with world.inside():
        job_id = note.later()
    assert run(world, job_id) == "gone"
    assert runs == [1, 2]
    assert (row(world, job_id).state, row(world, job_id).done) == ("done", 1)
    assert all(address.endswith(" first second") for address in addresses(world))
    assert world.sql(f"SELECT 1 FROM {world.schema()}.contract WHERE notes LIKE '%% late%%'") == []


@pytest.mark.threat("T-106")
def test_the_end_of_a_run_that_lost_its_lease_is_refused_too(world, jobs):
    runs = []

    @jobs
    def note(work):
        runs.append(work.fence)
        if len(runs) == 1:
            mark_contracts(" late")
            expire_lease(world, work.id)
            assert run(world, work.id) == "done"
        else:
            mark(" second")

    with world.inside():
        job_id = note.later()
    assert run(world, job_id) == "gone"
    assert all(address.endswith(" second") for address in addresses(world))
    assert world.sql(f"SELECT 1 FROM {world.schema()}.contract WHERE notes LIKE '%% late%%'") == []
    assert (row(world, job_id).state, row(world, job_id).fence) == ("done", 2)


def test_a_job_goes_on_where_its_last_chunk_ended(world, jobs):
    starts = []

    @jobs
    def note(work):
        starts.append(work.saved.get("next", 0))
        for chunk in range(work.saved.get("next", 0), 4):
            mark(f" {chunk}")
            if chunk == 2 and len(starts) == 1:
                raise OSError("the worker stumbles")
            work.checkpoint(done=chunk + 1, total=4, note=f"chunk {chunk}", next=chunk + 1)

    with world.inside():
        job_id = note.later()
    assert run(world, job_id) == "queued"
    found = row(world, job_id)
    assert (found.state, found.done, found.total, found.attempt) == ("queued", 2, 4, 1)
    assert found.error == "OSError: the worker stumbles"
    assert run(world, job_id) == "gone", "A job that stumbled waits a moment."
    make_due(world, job_id)
    assert run(world, job_id) == "done"
    assert starts == [0, 2]
    assert {address.partition("1 ")[2] for address in addresses(world)} == {"0 1 2 3"}
    assert row(world, job_id).error == ""


def test_a_job_fails_at_the_third_try(world, jobs):
    @jobs
    def note(work):
        mark("!")
        raise ValueError("wrong\nmore lines")

    before = addresses(world)
    with world.inside():
        job_id = note.later()
    for state in ("queued", "queued", "failed"):
        assert run(world, job_id) == state
        make_due(world, job_id)
    found = row(world, job_id)
    assert (found.state, found.attempt, found.error) == ("failed", 3, "ValueError: wrong")
    assert found.finished_at is not None
    assert run(world, job_id) == "gone"
    assert addresses(world) == before


def test_a_job_whose_workers_die_fails_at_last(world, jobs):
    @jobs
    def note(work):
        pass

    with world.inside():
        job_id = note.later()
    for attempt in range(1, 4):
        make_due(world, job_id)
        claimed = contextvars.Context().run(claim, world, job_id)
        assert claimed[2].fence == attempt
        expire_lease(world, job_id)
    assert run(world, job_id) == "gone"
    found = row(world, job_id)
    assert (found.state, found.error) == ("failed", "died")


@pytest.mark.threat("R-01", "T-105")
def test_a_job_that_gets_further_each_time_is_never_given_up(world, jobs):
    @jobs
    def note(work):
        mark(f" {work.saved.get('next', 0)}")
        work.checkpoint(next=work.saved.get("next", 0) + 1)
        if work.saved["next"] < 9:
            raise OSError("the worker stumbles")

    with world.inside():
        job_id = note.later()
    for _ in range(8):
        assert run(world, job_id) == "queued"
        assert row(world, job_id).attempt == 1
        make_due(world, job_id)
    assert run(world, job_id) == "done"
    assert row(world, job_id).fence == 9
    assert {address.partition("1 ")[2] for address in addresses(world)} == {"0 1 2 3 4 5 6 7 8"}


@pytest.mark.threat("R-31")
def test_a_job_that_gets_to_the_same_place_each_time_is_given_up(world, jobs):
    @jobs
    def note(work):
        work.checkpoint(done=1, total=9, note="the first")
        work.checkpoint(done=2, place="the second")
        raise OSError("the worker stumbles")

    with world.inside():
        job_id = note.later()
    for state in ("queued", "queued", "failed"):
        assert run(world, job_id) == state
        make_due(world, job_id)
    assert row(world, job_id).attempt == 3


def test_how_the_process_of_a_job_ended_is_written_for_that_run_only(world, jobs):
    @jobs
    def note(work):
        pass

    with world.inside():
        job_id = note.later()
    contextvars.Context().run(claim, world, job_id)
    with world.app.app_context():
        # A run before this one, whose end is told late.
        runner.ended(f"{world.keys['harbor']}-{job_id}-7", signal.SIGKILL)
    assert (row(world, job_id).state, row(world, job_id).error) == ("running", "")
    with world.app.app_context():
        runner.ended(f"{world.keys['harbor']}-{job_id}-0", signal.SIGALRM)
    assert (row(world, job_id).state, row(world, job_id).error) == ("queued", "silent")


def test_a_job_that_was_to_stop_is_not_tried_again_after_its_process_was_ended(world, jobs):
    @jobs
    def note(work):
        pass

    with world.inside():
        job_id = note.later()
    contextvars.Context().run(claim, world, job_id)
    with world.inside():
        cancel(job_id)
    with world.app.app_context():
        runner.ended(f"{world.keys['harbor']}-{job_id}-0", signal.SIGALRM)
    assert row(world, job_id).state == "cancelled"


def claim(world, job_id: int):
    with world.app.app_context():
        return runner._claim(world.keys["harbor"], job_id, 60)
