"""The queue only wakes workers: whatever it forgets is found again in the database."""

import json
import os
import signal
import subprocess
import sys
import zlib

import psutil
import pytest
import redis as client
from rq import SimpleWorker
from rq.serializers import JSONSerializer
from sqlalchemy import func, select, text, update

from app.companies.models import Company
from app.embedded.process import wait_until
from tenants import db, queue
from tenants.jobs import FUNCTIONS, Job
from tests.source import ROOT

from . import worker_program

SECONDS = 60.0


@pytest.fixture
def valkey(world):
    """The queue's server, as an outsider sees it."""
    return client.Redis.from_url(world.cluster.valkey.url, socket_timeout=None)


@pytest.fixture
def note(jobs):
    """A job that marks every company."""

    @jobs
    def note(work, word="!"):
        db.session.execute(update(Company).values(address=Company.address + word))

    return note


def queued(world) -> list[list]:
    """What workers are asked to do, in the order in which they take it."""
    with world.app.app_context():
        return [job.args for found in queue.queues() for job in found.get_jobs()]


def dispatch(world) -> int:
    with world.app.app_context():
        return queue.dispatch()


def work(world) -> None:
    """Let a worker of RQ do all there is, in this process."""
    with world.app.app_context():
        worker = SimpleWorker(queue.queues(), connection=queue.redis(), serializer=JSONSerializer)
        worker.work(burst=True, logging_level="ERROR")


def states(world, slug: str = "harbor") -> list[str]:
    with world.inside(slug):
        return list(db.session.scalars(select(Job.state).order_by(Job.id)))


def test_the_queue_hears_of_a_job_after_the_commit(world, note):
    with world.inside():
        job_id = note.later()
        assert queued(world) == []
    assert queued(world) == [[world.keys["harbor"], job_id]]


def test_the_queue_hears_nothing_of_what_was_rolled_back(world, note):
    with world.inside():
        note.later()
        db.session.rollback()
    assert queued(world) == []


@pytest.mark.threat("T-103")
def test_the_queue_holds_json_with_two_plain_values(world, note, valkey):
    with world.inside():
        job_id = note.later(word="a secret word")
    (key,) = valkey.keys("rq:job:*")
    kept = valkey.hgetall(key)
    name, _, values, more = json.loads(zlib.decompress(kept[b"data"]))
    assert (name, values, more) == ("tenants.runner.run", [world.keys["harbor"], job_id], {})
    assert not any(b"a secret word" in value for value in kept.values())


@pytest.mark.threat("T-103")
def test_a_worker_takes_no_pickle(world, note, valkey):
    with world.inside():
        note.later()
    key = valkey.keys("rq:job:*")[0]
    valkey.hset(key, "data", b"cposix\nsystem\n(S'touch taken-over'\ntR.")
    work(world)
    assert states(world) == ["queued"]
    assert not os.path.exists("taken-over")


def test_a_worker_does_what_is_queued_in_each_organization(world, note):
    for slug, word in (("harbor", "h"), ("summit", "s")):
        with world.inside(slug):
            note.later(word=word)
    work(world)
    for slug, word in (("harbor", "h"), ("summit", "s")):
        assert states(world, slug) == ["done"]
        with world.inside(slug):
            assert {address[-1] for address in db.session.scalars(select(Company.address))} == {word}
    assert queued(world) == []


def test_who_is_waited_for_comes_first(world, jobs):
    @jobs(kind="tests.long", lane="long")
    def long(work):
        pass

    @jobs(kind="tests.short")
    def short(work):
        pass

    with world.inside():
        long.later()
        second = short.later()
    assert queued(world)[0] == [world.keys["harbor"], second]


@pytest.mark.threat("T-105")
def test_what_the_queue_forgot_is_sent_again(world, note, valkey):
    with world.inside():
        job_id = note.later()
    valkey.flushall()
    assert queued(world) == []
    assert dispatch(world) == 1
    assert queued(world) == [[world.keys["harbor"], job_id]]
    assert dispatch(world) == 0
    valkey.flushall()
    world.sql("UPDATE shared.wake SET at = now() - interval '1 second'")
    assert dispatch(world) == 1
    work(world)
    assert states(world) == ["done"]


@pytest.mark.threat("T-105")
def test_what_the_queue_never_heard_is_sent(world, note, monkeypatch):
    def away(*_, **__):
        raise client.exceptions.ConnectionError

    with monkeypatch.context() as patch:
        patch.setattr(queue.Queue, "enqueue", away)
        with world.inside():
            note.later()
    assert queued(world) == []
    assert dispatch(world) == 1
    work(world)
    assert states(world) == ["done"]


@pytest.mark.threat("T-105")
def test_a_job_whose_worker_fell_silent_is_sent_again(world, note, valkey):
    with world.inside():
        job_id = note.later()
        lost = {"state": "running", "attempt": 1, "fence": 1, "lease_until": func.now() - text("interval '1 second'")}
        db.session.execute(update(Job).where(Job.id == job_id).values(**lost))
    valkey.flushall()
    assert dispatch(world) == 1
    work(world)
    assert states(world) == ["done"]


@pytest.mark.threat("T-105")
def test_a_job_that_waits_for_its_time_is_remembered(world, note, valkey):
    with world.inside():
        job_id = note.later()
        db.session.execute(update(Job).where(Job.id == job_id).values(run_at=func.now() + text("interval '1 hour'")))
    valkey.flushall()
    assert dispatch(world) == 0
    with world.inside():
        db.session.execute(update(Job).where(Job.id == job_id).values(run_at=func.clock_timestamp()))
    waiting = world.sql("SELECT at > now() + interval '50 minutes' AS late FROM shared.wake")
    assert {row["late"] for row in waiting} == {True}
    world.sql("UPDATE shared.wake SET at = now() - interval '1 second'")
    assert dispatch(world) == 1


@pytest.mark.threat("T-105")
def test_a_job_of_a_newer_version_is_remembered(world, note, valkey):
    with world.inside():
        note.later()
    kept = FUNCTIONS.pop(note.kind)
    valkey.flushall()
    assert dispatch(world) == 0
    assert world.sql("SELECT count(*) > 0 AS kept FROM shared.wake") == [{"kept": True}]
    FUNCTIONS[note.kind] = kept
    world.sql("UPDATE shared.wake SET at = now() - interval '1 second'")
    assert dispatch(world) == 1


@pytest.mark.threat("T-105")
def test_work_that_could_not_be_read_is_remembered(world, note, valkey, monkeypatch):
    for slug in ("harbor", "summit"):
        with world.inside(slug):
            note.later()
    valkey.flushall()
    right = queue._dispatch_one

    def half(key: str, *more) -> int:
        if key == world.keys["harbor"]:
            raise OSError("the database stumbles")
        return right(key, *more)

    with monkeypatch.context() as patch:
        patch.setattr(queue, "_dispatch_one", half)
        assert dispatch(world) == 1
    assert queued(world)[0][0] == world.keys["summit"]
    assert dispatch(world) == 1
    work(world)
    assert (states(world, "harbor"), states(world, "summit")) == (["done"], ["done"])


@pytest.mark.threat("T-118")
def test_one_organization_does_not_hold_up_the_others(world, note, valkey):
    with world.inside("harbor"):
        for _ in range(queue.PER_WORKER + 10):
            note.later()
    with world.inside("summit"):
        note.later()
    valkey.flushall()
    assert dispatch(world) == queue.PER_WORKER + 1
    assert [world.keys["summit"]] == [key for key, _ in queued(world) if key != world.keys["harbor"]]
    # The others follow as the first are done.
    world.sql("UPDATE shared.wake SET at = now() - interval '1 second'")
    assert dispatch(world) == 0
    work(world)
    world.sql("UPDATE shared.wake SET at = now() - interval '1 second'")
    assert dispatch(world) == 10
    work(world)
    world.sql("UPDATE shared.wake SET at = now() - interval '1 second'")
    assert dispatch(world) == 0
    assert set(states(world)) == set(states(world, "summit")) == {"done"}


@pytest.mark.threat("T-118", "R-22")
def test_thousands_of_jobs_at_once_do_not_fill_the_queue(world, note):
    with world.inside("harbor"):
        for _ in range(3 * queue.CROWDED):
            note.later()
    for _ in range(3):
        with world.inside("harbor"):
            note.later()
    assert len(queued(world)) == queue.CROWDED
    with world.inside("summit"):
        note.later()
    # The dispatcher gives the other organization its turn before the rest of the first.
    assert dispatch(world) == 1
    assert [key for key, _ in queued(world)][queue.CROWDED :] == [world.keys["summit"]]


@pytest.mark.threat("R-07", "T-105")
def test_while_the_queue_is_away_the_wake_list_stays(world, note, monkeypatch):
    def away(*_, **__):
        raise client.exceptions.ConnectionError

    with world.inside():
        note.later()
    before = world.sql("SELECT id FROM shared.wake")
    with monkeypatch.context() as patch:
        patch.setattr(client.Redis, "execute_command", away)
        with pytest.raises(client.exceptions.ConnectionError):
            dispatch(world)
    assert before and world.sql("SELECT id FROM shared.wake") == before


def test_wakes_of_unknown_organizations_are_dropped(world):
    world.sql("INSERT INTO shared.wake (organization) VALUES ('nobody')")
    assert dispatch(world) == 0
    assert world.sql("SELECT * FROM shared.wake") == []


# --- processes that are killed ----------------------------------------------------------------------------------------


@pytest.fixture
def worker(world, jobs, tmp_path):
    """Start a worker process: `worker()`; all of them are gone afterwards."""
    FUNCTIONS[worker_program.chunks.kind] = worker_program.chunks
    environment = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ} | {
        "DATABASE_URL": world.cluster.url(world.database),
        "REDIS_URL": world.cluster.valkey.url,
        "DESKHAND_HOME": str(world.cluster.home),
        "DESKHAND_SECRET_KEY": world.app.config["SECRET_KEY"],
        "DESKHAND_LEASE": "5",
    }
    started: list[subprocess.Popen] = []

    def start() -> subprocess.Popen:
        command = [sys.executable, "-m", "tests.tenants.worker_program"]
        with open(tmp_path / "worker.log", "ab") as log:
            started.append(subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log))
        return started[-1]

    yield start
    for process in started:
        for one in [*_children(process.pid), process]:
            one.kill()
        process.wait()


def _children(pid: int) -> list[psutil.Process]:
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def begin(world, worker, valkey, hold: int) -> tuple[subprocess.Popen, int, int]:
    """A worker that stands in the middle of chunk `hold`: its process, its work-horse's number, the job's id."""
    with world.inside():
        job_id = worker_program.chunks.later(hold=hold)
    process = worker()
    answered = valkey.blpop("tests:held", timeout=int(SECONDS))
    assert answered, "The worker did not come to the chunk."
    return process, int(answered[1]), job_id


def take_over(world, worker, valkey, job_id: int, forgotten: bool = False) -> None:
    """What the dispatcher does when a lease is over, though the queue thinks that somebody works or has forgotten."""
    if forgotten:
        valkey.flushall()
    world.sql(f"UPDATE {world.schema()}.job SET lease_until = now() - interval '1 second' WHERE id = %s", job_id)
    world.sql("UPDATE shared.wake SET at = now() - interval '1 second'")
    assert dispatch(world) == 1
    assert worker().wait(SECONDS) == 0


def is_done_once(world, job_id: int) -> None:
    everything = " ".join(str(number) for number in range(worker_program.CHUNKS))
    with world.inside():
        assert {address.partition("1 ")[2] for address in db.session.scalars(select(Company.address))} == {everything}
        found = db.session.get(Job, job_id)
        assert (found.state, found.done, found.fence) == ("done", worker_program.CHUNKS, 2)


@pytest.mark.threat("T-105", "T-106")
@pytest.mark.parametrize(
    "hold", [2, *(pytest.param(chunk, marks=pytest.mark.faults) for chunk in range(worker_program.CHUNKS))]
)
def test_a_killed_workers_job_is_finished_by_another(world, worker, valkey, hold):
    process, horse, job_id = begin(world, worker, valkey, hold)
    process.kill()
    process.wait()
    os.kill(horse, signal.SIGKILL)
    assert wait_until(lambda: not psutil.pid_exists(horse) or _is_zombie(horse), SECONDS)
    take_over(world, worker, valkey, job_id)
    is_done_once(world, job_id)


@pytest.mark.threat("T-106")
def test_a_worker_that_was_only_paused_does_nothing_twice(world, worker, valkey):
    process, horse, job_id = begin(world, worker, valkey, hold=2)
    # Chunk 2 is written but not committed: its rows are locked until the database gives up on the silent client.
    os.kill(horse, signal.SIGSTOP)
    world.sql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()",
        world.database,
    )
    take_over(world, worker, valkey, job_id, forgotten=True)
    is_done_once(world, job_id)
    os.kill(horse, signal.SIGCONT)
    valkey.rpush("tests:go", "on")
    assert process.wait(SECONDS) == 0
    is_done_once(world, job_id)


def _is_zombie(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
