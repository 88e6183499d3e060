"""What somebody puts into the queue who can write to its server: a real worker does nothing of it."""

import os
from pathlib import Path

import pytest
from rq import Callback

from tenants import queue
from tests.faults.processes import SECONDS, Processes
from tests.faults.site import environment

# Where what is forged leaves its trace.
TRACE = "DESKHAND_TESTS_TRACE"


def leave_a_trace(*words) -> None:
    """What nobody may have a worker call."""
    Path(os.environ[TRACE]).joinpath(str(words[0])[:20].replace("/", "")).touch()


NAME = f"{__name__}.{leave_a_trace.__name__}"


@pytest.mark.threat("T-103", "T-104")
def test_a_worker_does_nothing_but_look_at_its_rows(world, tmp_path):
    """No function of anybody's choice, not even in passing: not as a job, not after one, not by another class."""
    world.staff("ann").post_form("/exports/contacts")
    trace = tmp_path / "trace"
    trace.mkdir()
    with world.app.app_context():
        (first, *_) = queue.queues()
        real = ("tenants.runner.run", "nobody", 1)
        first.enqueue(NAME, "function")
        first.enqueue("os.mkdir", str(trace / "mkdir"))
        first.enqueue(*real, on_success=Callback(NAME), on_failure=Callback(NAME), on_stopped=Callback(NAME))
        first.enqueue("builtins.exec", f"open({str(trace / 'exec')!r}, 'w')")
    processes = Processes(tmp_path, environment(world, lease=60))
    try:
        worker = processes.start("app.cli", "worker", "--burst", **{TRACE: str(trace)})
        assert worker.wait(SECONDS) == 0, processes.said()
    finally:
        processes.end()
    assert list(trace.iterdir()) == []
    assert world.sql(f"SELECT state FROM {world.schema()}.job") == [{"state": "done"}], processes.said()
