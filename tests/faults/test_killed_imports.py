"""An import whose worker is killed goes on where it was: each row is there once, whatever the moment.

What would wait for a minute, until the lease of a silent worker is over, is told at once.
"""

import json
import random

import pytest

from app.embedded.process import is_alive, wait_until
from app.imports import actions
from tests.world import World

from .importing import Importing, rows
from .processes import SECONDS, Processes, kill

ROWS, COMPANIES = 2000, 40
STEPS = {
    "imports.plan": (actions.start_plan, Importing.is_planned),
    "imports.apply": (actions.start_apply, Importing.is_applied),
    "imports.undo": (actions.start_undo, Importing.is_undone),
}
# What the default run leaves out.
MANY = pytest.mark.faults


def importing(world: World, seed: str = "one") -> Importing:
    return Importing(world, "harbor", rows(ROWS, COMPANIES, seed))


def expire_lease(found: Importing) -> None:
    """Let the time pass after which a silent worker's job is taken over."""
    found.sql("UPDATE {s}.job SET lease_until = now() - interval '1 second' WHERE state = 'running'")
    found.sql("UPDATE shared.wake SET at = now() - interval '1 second'")


def is_done(found: Importing) -> bool:
    """Whether the step has come to its end; it must be a good one."""
    job = found.job()
    assert job.state in ("queued", "running", "done"), (job.kind, job.state, job.error)
    return job.state == "done"


def comes_to_its_end(found: Importing, processes: Processes) -> None:
    assert wait_until(lambda: is_done(found), SECONDS), processes.said()


@pytest.mark.threat("R-01", "T-105", "T-106")
@pytest.mark.parametrize(
    ("moment", "places"),
    [
        ("before", (5, 4, 7)),
        pytest.param("after", (5, 4, 7), marks=MANY),
        *(
            pytest.param(moment, places, marks=MANY)
            for moment in ("before", "after")
            for places in ((1, 1, 1), (3, 5, 11), (12, 9, 17))
        ),
    ],
)
def test_a_worker_killed_at_a_checkpoint_leaves_nothing_twice_and_nothing_out(
    world, processes, summit_untouched, moment, places
):
    found = importing(world)
    faults = {kind: {"1": [place, moment]} for kind, place in zip(STEPS, places, strict=True)}
    worker = processes.worker(FAULTS=json.dumps(faults))
    for (start, is_whole), place in zip(STEPS.values(), places, strict=True):
        found.begin(start)
        worker.wait(SECONDS)
        killed = found.job()
        assert (killed.state, killed.fence) == ("running", 1)
        assert bool(killed.saved or found.found().progress) == (place > 1 or moment == "after")
        expire_lease(found)
        worker = processes.worker(FAULTS=json.dumps(faults))
        comes_to_its_end(found, processes)
        assert found.job().fence == 2
        is_whole(found)


@pytest.mark.threat("R-01", "T-105", "T-106")
@pytest.mark.parametrize("seed", [None, *(pytest.param(seed, marks=MANY) for seed in range(6))])
def test_a_worker_killed_at_any_time_leaves_nothing_twice_and_nothing_out(world, processes, summit_untouched, seed):
    # A failure is repeated by the number in its message.
    seed = random.randrange(10**6) if seed is None else seed
    chance, found = random.Random(seed), importing(world)
    worker = processes.worker()
    for start, is_whole in STEPS.values():
        found.begin(start)
        assert wait_until(lambda: found.job().fence == 1, SECONDS), processes.said()
        wait_until(lambda: is_done(found), chance.uniform(0, 0.7))
        kill(worker)
        expire_lease(found)
        worker = processes.worker()
        assert wait_until(lambda: is_done(found), SECONDS), f"Seed {seed}:\n{processes.said()}"
        is_whole(found)


@pytest.mark.faults
@pytest.mark.threat("R-01", "T-105", "T-106")
def test_a_job_killed_eight_times_completes_when_each_run_got_further(world, processes, summit_untouched):
    found = importing(world)
    faults = json.dumps({kind: {str(run): [2, "before"] for run in range(1, 9)} for kind in STEPS})
    found.begin(actions.start_plan)
    for fence in range(1, 9):
        worker = processes.worker(FAULTS=faults)
        worker.wait(SECONDS)
        killed = found.job()
        assert (killed.state, killed.fence, killed.attempt) == ("running", fence, 1)
        expire_lease(found)
    processes.worker(FAULTS=faults)
    comes_to_its_end(found, processes)
    assert found.job().fence == 9
    found.is_planned()


@pytest.mark.faults
@pytest.mark.threat("R-01", "R-31")
def test_a_job_killed_at_the_same_place_each_time_is_given_up(world, processes):
    found = importing(world)
    faults = json.dumps({kind: {str(run): [1, "before"] for run in range(1, 9)} for kind in STEPS})
    found.begin(actions.start_plan)
    for fence in range(1, 4):
        worker = processes.worker(FAULTS=faults)
        worker.wait(SECONDS)
        assert (found.job().state, found.job().attempt) == ("running", fence)
        expire_lease(found)
    processes.worker(FAULTS=faults)
    assert wait_until(lambda: found.job().state == "failed", SECONDS), processes.said()
    assert found.job().error == "died"
    page = world.staff("adam").get(f"/imports/{found.id}").get_data(as_text=True)
    assert "The worker ended in the middle of this" in page


@pytest.mark.faults
@pytest.mark.threat("R-02", "T-106")
@pytest.mark.parametrize("moment", ["stop before", "stop after"])
@pytest.mark.parametrize("places", [(1, 1, 1), (5, 4, 7), (8, 7, 14)])
def test_a_work_horse_without_its_worker_does_nothing_beside_the_one_that_took_over(
    world, processes, summit_untouched, tmp_path, moment, places
):
    found = importing(world)
    faults = json.dumps({kind: {"1": [place, moment]} for kind, place in zip(STEPS, places, strict=True)})
    for at, (start, is_whole) in enumerate(STEPS.values()):
        pipe = tmp_path / f"step-{at}"
        worker = processes.worker(FAULTS=faults, PIPE=str(pipe))
        found.begin(start)
        assert wait_until(pipe.with_suffix(".pid").exists, SECONDS), processes.said()
        horse = int(pipe.with_suffix(".pid").read_text())
        kill(worker, but=horse)
        expire_lease(found)
        other = processes.worker()
        assert wait_until(lambda: found.job().fence == 2, SECONDS), processes.said()
        assert is_alive(horse)
        # Now there are two of them in the same job, and the first is in the middle of its chunk or behind it.
        pipe.write_bytes(b"")
        comes_to_its_end(found, processes)
        assert wait_until(lambda pid=horse: not is_alive(pid), SECONDS), "The first work-horse does not stop."
        assert found.job().fence == 2
        is_whole(found)
        kill(other)
