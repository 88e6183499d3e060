"""What a worker consists of stays: who ends is started again, and what got lost between two of them is found."""

import json
import signal
from datetime import timedelta

import pytest
from rq.job import Job as Entry
from rq.serializers import JSONSerializer

from app.embedded import valkey
from app.embedded.process import is_alive, send, wait_until
from app.imports import actions
from app.people.hashing import hash_passwords
from tenants import queue

from .importing import Importing, rows
from .processes import SECONDS, children


def both(worker) -> list[int] | None:
    """The process ids of RQ's worker and of the dispatcher, once there are both."""
    found = sorted(children(worker), key=lambda one: one.create_time())
    return [one.pid for one in found] if len(found) == 2 else None


@pytest.mark.threat("R-01", "R-07", "T-105")
def test_worker_and_dispatcher_are_started_again_and_end_with_their_keeper(processes):
    worker = processes.worker()
    assert wait_until(lambda: both(worker) is not None, SECONDS), processes.said()
    before = both(worker)
    for pid in before:
        send(pid, signal.SIGKILL)
    after: list[int] = []

    def others() -> bool:
        after[:] = both(worker) or before
        return not {*after} & {*before}

    assert wait_until(others, SECONDS), processes.said()
    # As an operator stops it: each ends in good order.
    worker.terminate()
    assert worker.wait(SECONDS) == 0, processes.said()
    assert not any(is_alive(pid) for pid in (*before, *after))


@pytest.mark.threat("R-01", "T-105")
def test_a_job_that_a_worker_took_and_never_began_is_sent_again(world):
    with world.inside():
        job_id = hash_passwords.later()
    name, key = f"{world.keys['harbor']}-{job_id}-0", world.keys["harbor"]
    with world.app.app_context():
        long = queue.queues()[1]
        # The worker takes it, and is killed before the database hears of it.
        long.connection.lrem(long.key, 1, name)
        assert not queue.send(key, job_id, "long"), "It was taken a moment ago and may be beginning."
        entry = Entry.fetch(name, connection=long.connection, serializer=JSONSerializer)
        entry.enqueued_at -= timedelta(seconds=queue.LOST_SECONDS + 1)
        entry.save()
        assert queue.send(key, job_id, "long")
        assert [found.args for found in long.get_jobs()] == [[key, job_id]]
        # Who waits for its turn is left in its place, however long that takes.
        entry.save()
        assert not queue.send(key, job_id, "long")
    assert world.run_jobs() == ["done"]


@pytest.mark.faults
@pytest.mark.threat("R-07", "T-105")
def test_a_busy_worker_outlives_an_absence_of_the_queue(site, tmp_path):
    """RQ's worker gives up when it cannot say that it is still there; its work-horse goes on without it."""
    found = Importing(site.world, "harbor", rows(1500, 20, "busy"))
    pipe, faults = tmp_path / "plan", {"imports.plan": {"1": [3, "stop after"]}}
    site.start_worker(FAULTS=json.dumps(faults), PIPE=str(pipe))
    found.begin(actions.start_plan)
    assert wait_until(pipe.with_suffix(".pid").exists, SECONDS), site.processes.said()
    before = both(site.worker)
    server = site.cluster.valkey
    server.kill()
    assert wait_until(lambda: not is_alive(before[0]), SECONDS)
    site.cluster.valkey = valkey.start(server.base, port=server.port, persist=False)
    assert wait_until(lambda: both(site.worker) not in (None, before), SECONDS), site.processes.said()
    pipe.write_bytes(b"")
    assert wait_until(lambda: found.job().state == "done", SECONDS), site.processes.said()
    assert (found.job().fence, site.worker.poll()) == (1, None)
    found.is_planned()
